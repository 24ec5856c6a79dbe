package sns

import (
	"context"
	"errors"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteTopic removes a topic with its subscriptions; one that does not exist is
// removed as well.
func (s *Service) DeleteTopic(ctx context.Context, in *api.DeleteTopicInput) (*api.DeleteTopicOutput, error) {
	scope := aws.ScopeFrom(ctx)
	name, err := topicName(scope, *in.TopicArn)
	if err != nil {
		if aws.CodeOf(err) == notFound {
			return &api.DeleteTopicOutput{}, nil
		}
		return nil, err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := subscriptions.DeleteChildren(tx, scope, name); err != nil {
			return err
		}
		if err := store.DropTags(tx, scope, topicARN(scope, name)); err != nil {
			return err
		}
		if err := topics.Delete(tx, scope, name); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &api.DeleteTopicOutput{}, nil
}
