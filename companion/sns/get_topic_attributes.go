package sns

import (
	"context"
	"maps"
	"strconv"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// GetTopicAttributes answers what was set of a topic, and how many subscribe.
func (s *Service) GetTopicAttributes(ctx context.Context, in *api.GetTopicAttributesInput) (*api.GetTopicAttributesOutput, error) {
	scope := aws.ScopeFrom(ctx)
	var out map[string]string
	err := s.DB.View(ctx, func(tx *store.Tx) error {
		r, err := findTopic(tx, scope, *in.TopicArn)
		if err != nil {
			return err
		}
		confirmed, err := subscriptions.Count(tx, scope, store.Query{Parent: r.Name, Status: confirmed})
		if err != nil {
			return err
		}
		waiting, err := subscriptions.Count(tx, scope, store.Query{Parent: r.Name, Status: pending})
		out = map[string]string{"TopicArn": r.ARN, "Owner": scope.Account, "DisplayName": "", "SubscriptionsDeleted": "0",
			"SubscriptionsConfirmed": strconv.Itoa(confirmed), "SubscriptionsPending": strconv.Itoa(waiting)}
		maps.Copy(out, r.Body.Attributes)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &api.GetTopicAttributesOutput{Attributes: out}, nil
}
