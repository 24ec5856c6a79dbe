package sns

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Unsubscribe removes a subscription; messages that are on their way to it are
// dropped. One that does not exist is removed as well.
func (s *Service) Unsubscribe(ctx context.Context, in *api.UnsubscribeInput) (*api.UnsubscribeOutput, error) {
	scope := aws.ScopeFrom(ctx)
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := findSubscription(tx, scope, *in.SubscriptionArn)
		if aws.CodeOf(err) == notFound {
			return nil
		} else if err != nil {
			return err
		}
		return subscriptions.Delete(tx, scope, r.Name)
	})
	if err != nil {
		return nil, err
	}
	return &api.UnsubscribeOutput{}, nil
}
