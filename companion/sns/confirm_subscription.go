package sns

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// ConfirmSubscription confirms a subscription by the token that its endpoint was sent.
func (s *Service) ConfirmSubscription(ctx context.Context, in *api.ConfirmSubscriptionInput) (*api.ConfirmSubscriptionOutput, error) {
	var r *subscriber
	err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		r, err = confirm(tx, aws.ScopeFrom(ctx), *in.TopicArn, *in.Token, aws.Val(in.AuthenticateOnUnsubscribe) == "true")
		return err
	})
	if err != nil {
		return nil, err
	}
	return &api.ConfirmSubscriptionOutput{SubscriptionArn: &r.ARN}, nil
}
