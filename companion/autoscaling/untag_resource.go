package autoscaling

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// UntagResource removes tags of a scalable target; missing ones are no error.
func (s *Service) UntagResource(ctx context.Context, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	return &api.UntagResourceOutput{}, s.DB.Update(ctx, func(tx *store.Tx) error {
		row, err := byARN(tx, aws.ScopeFrom(ctx), *in.ResourceARN)
		if err != nil {
			return err
		}
		return store.DeleteTags(tx, row.Scope, row.ARN, in.TagKeys...)
	})
}
