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
	err := s.change(ctx, *in.ResourceArn, func(tx *store.Tx, scope aws.Scope) error {
		return store.DeleteTags(tx, scope, *in.ResourceArn, in.TagKeys...)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteTagsOutput{}, nil
}
