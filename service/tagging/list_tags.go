package tagging

import (
	"context"
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// ListTags lists a resource's tags by key, or those of the resource that it
// belongs to.
func (s *Service) ListTags(ctx context.Context, in *sagemaker.ListTagsInput) (*sagemaker.ListTagsOutput, error) {
	scope, arn := aws.ScopeFrom(ctx), *in.ResourceArn
	var all map[string]string
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		if _, err = find(tx, scope, arn); err == nil {
			all, err = store.Tags(tx, scope, s.owner(arn))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	tags := kit.TagList(all)
	if in.NextToken != nil {
		var after string
		if err := s.Tokens.Open(*in.NextToken, &after, scope, "ListTags", arn); err != nil {
			return nil, err
		}
		tags = slices.DeleteFunc(tags, func(t *sagemaker.Tag) bool { return *t.Key <= after })
	}
	out := &sagemaker.ListTagsOutput{Tags: tags}
	if limit := int(aws.Val(in.MaxResults)); limit > 0 && limit < len(tags) {
		out.Tags = tags[:limit]
		token, err := s.Tokens.Seal(*tags[limit-1].Key, scope, "ListTags", arn)
		if err != nil {
			return nil, err
		}
		out.NextToken = &token
	}
	return out, nil
}
