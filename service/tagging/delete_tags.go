package tagging

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteTags removes tags by key; keys that the resource does not have are no
// error.
func (s *Service) DeleteTags(ctx context.Context, in *sagemaker.DeleteTagsInput) (*sagemaker.DeleteTagsOutput, error) {
	scope, arn := aws.ScopeFrom(ctx), *in.ResourceArn
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := find(tx, scope, arn); err != nil {
			return err
		}
		if err := s.own(arn); err != nil {
			return err
		}
		if err := store.DeleteTags(tx, scope, arn, in.TagKeys...); err != nil {
			return err
		}
		return changed(tx, scope, arn)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteTagsOutput{}, nil
}
