package autoscaling

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// ListTagsForResource answers the tags of a scalable target.
func (s *Service) ListTagsForResource(ctx context.Context, in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	out := &api.ListTagsForResourceOutput{}
	return out, s.DB.View(ctx, func(tx *store.Tx) error {
		row, err := byARN(tx, aws.ScopeFrom(ctx), *in.ResourceARN)
		if err == nil {
			out.Tags, err = store.Tags(tx, row.Scope, row.ARN)
		}
		return err
	})
}
