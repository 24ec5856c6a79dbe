package sns

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// UntagResource removes tags of a topic.
func (s *Service) UntagResource(ctx context.Context, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		scope := aws.ScopeFrom(ctx)
		r, err := tagged(tx, scope, *in.ResourceArn)
		if err != nil {
			return err
		}
		return store.DeleteTags(tx, scope, r.ARN, in.TagKeys...)
	})
	if err != nil {
		return nil, err
	}
	return &api.UntagResourceOutput{}, nil
}
