package sns

import (
	"context"
	"maps"
	"slices"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// ListTagsForResource lists the tags of a topic by key.
func (s *Service) ListTagsForResource(ctx context.Context, in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	out := &api.ListTagsForResourceOutput{Tags: []*api.Tag{}}
	err := s.DB.View(ctx, func(tx *store.Tx) error {
		scope := aws.ScopeFrom(ctx)
		r, err := tagged(tx, scope, *in.ResourceArn)
		if err != nil {
			return err
		}
		tags, err := store.Tags(tx, scope, r.ARN)
		for _, k := range slices.Sorted(maps.Keys(tags)) {
			out.Tags = append(out.Tags, &api.Tag{Key: aws.Ptr(k), Value: aws.Ptr(tags[k])})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
