package tagging

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// AddTags sets tags on a resource; a key that is there already gets the new
// value. It answers all tags of the resource.
func (s *Service) AddTags(ctx context.Context, in *sagemaker.AddTagsInput) (*sagemaker.AddTagsOutput, error) {
	added, err := kit.TagMap(in.Tags)
	if err != nil {
		return nil, err
	}
	arn := *in.ResourceArn
	out := &sagemaker.AddTagsOutput{}
	err = s.change(ctx, arn, func(tx *store.Tx, scope aws.Scope) error {
		if err := store.AddTags(tx, scope, arn, added); err != nil {
			return err
		}
		all, err := store.Tags(tx, scope, arn)
		if err != nil {
			return err
		}
		if len(all) > kit.MaxTags {
			return aws.Invalid("The resource %q would have %d tags; a resource has at most %d. Delete some first.", arn, len(all), kit.MaxTags)
		}
		out.Tags = kit.TagList(all)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
