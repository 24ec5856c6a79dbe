package sns

import (
	"context"
	"strconv"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// GetSubscriptionAttributes answers what is known of a subscription.
func (s *Service) GetSubscriptionAttributes(ctx context.Context, in *api.GetSubscriptionAttributesInput) (*api.GetSubscriptionAttributesOutput, error) {
	scope := aws.ScopeFrom(ctx)
	var r *subscriber
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		r, err = findSubscription(tx, scope, *in.SubscriptionArn)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &api.GetSubscriptionAttributesOutput{Attributes: map[string]string{
		"SubscriptionArn": r.ARN, "TopicArn": topicARN(scope, r.Parent), "Owner": scope.Account, "Protocol": r.Body.Protocol, "Endpoint": r.Body.Endpoint,
		"PendingConfirmation": strconv.FormatBool(r.Status == pending), "RawMessageDelivery": strconv.FormatBool(r.Body.Raw),
		"ConfirmationWasAuthenticated": "false",
	}}, nil
}
