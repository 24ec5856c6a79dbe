package sns

import (
	"context"
	"maps"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// SetTopicAttributes sets one attribute of a topic.
func (s *Service) SetTopicAttributes(ctx context.Context, in *api.SetTopicAttributesInput) (*api.SetTopicAttributesOutput, error) {
	if err := checkAttribute(*in.AttributeName, aws.Val(in.AttributeValue)); err != nil {
		return nil, err
	}
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := findTopic(tx, aws.ScopeFrom(ctx), *in.TopicArn)
		if err != nil {
			return err
		}
		set := map[string]string{*in.AttributeName: aws.Val(in.AttributeValue)}
		maps.Copy(set, without(r.Body.Attributes, *in.AttributeName))
		r.Body.Attributes = set
		return topics.Update(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &api.SetTopicAttributesOutput{}, nil
}

// without is a copy of m without a key.
func without(m map[string]string, key string) map[string]string {
	m = maps.Clone(m)
	delete(m, key)
	return m
}
