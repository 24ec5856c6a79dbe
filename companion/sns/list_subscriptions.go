package sns

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
)

// ListSubscriptions lists the subscriptions of all topics.
func (s *Service) ListSubscriptions(ctx context.Context, in *api.ListSubscriptionsInput) (*api.ListSubscriptionsOutput, error) {
	list, next, err := page(ctx, s, subscriptions, "ListSubscriptions", "", in.NextToken)
	if err != nil {
		return nil, err
	}
	return &api.ListSubscriptionsOutput{Subscriptions: shown(list), NextToken: next}, nil
}

// shown are subscriptions as lists print them.
func shown(list []*subscriber) []*api.Subscription {
	out := []*api.Subscription{}
	for _, r := range list {
		out = append(out, &api.Subscription{SubscriptionArn: aws.Ptr(shownARN(r)), Owner: &r.Scope.Account, Protocol: &r.Body.Protocol,
			Endpoint: &r.Body.Endpoint, TopicArn: aws.Ptr(topicARN(r.Scope, r.Parent))})
	}
	return out
}
