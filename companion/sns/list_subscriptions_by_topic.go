package sns

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// ListSubscriptionsByTopic lists the subscriptions of one topic.
func (s *Service) ListSubscriptionsByTopic(ctx context.Context, in *api.ListSubscriptionsByTopicInput) (*api.ListSubscriptionsByTopicOutput, error) {
	var t *store.Row[topic]
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		t, err = findTopic(tx, aws.ScopeFrom(ctx), *in.TopicArn)
		return err
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page(ctx, s, subscriptions, "ListSubscriptionsByTopic", t.Name, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &api.ListSubscriptionsByTopicOutput{Subscriptions: shown(list), NextToken: next}, nil
}
