package sns

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// TagResource sets tags of a topic.
func (s *Service) TagResource(ctx context.Context, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	tags, err := tagMap(in.Tags)
	if err != nil {
		return nil, err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		scope := aws.ScopeFrom(ctx)
		r, err := tagged(tx, scope, *in.ResourceArn)
		if err != nil {
			return err
		}
		if err := store.AddTags(tx, scope, r.ARN, tags); err != nil {
			return err
		}
		all, err := store.Tags(tx, scope, r.ARN)
		if err == nil && len(all) > maxTags {
			err = tooManyTags()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &api.TagResourceOutput{}, nil
}
