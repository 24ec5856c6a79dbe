package sns

import (
	"context"
	"errors"
	"maps"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// CreateTopic makes a topic, or answers the one of that name if its attributes are
// those of the request.
func (s *Service) CreateTopic(ctx context.Context, in *api.CreateTopicInput) (*api.CreateTopicOutput, error) {
	scope, name := aws.ScopeFrom(ctx), *in.Name
	if !validName(name) {
		return nil, invalid("Topic Name %q: it has 1 to 256 letters, digits, - and _. FIFO topics are not supported.", name)
	}
	if in.DataProtectionPolicy != nil {
		return nil, invalid("DataProtectionPolicy Reason: it is not supported. Leave it out.")
	}
	for k, v := range in.Attributes {
		if err := checkAttribute(k, v); err != nil {
			return nil, err
		}
	}
	tags, err := tagMap(in.Tags)
	if err != nil {
		return nil, err
	}
	arn := topicARN(scope, name)
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := topics.Get(tx, scope, name)
		switch {
		case err == nil:
			for k, v := range in.Attributes {
				if r.Body.Attributes[k] != v {
					return invalid("Attributes Reason: Topic already exists with different attributes.")
				}
			}
			return nil
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		if limit := s.Quotas.Limit(mostTopics); limit > 0 {
			if n, err := topics.Count(tx, scope, store.Query{}); err != nil {
				return err
			} else if n >= limit {
				return limited(topicLimitExceeded, mostTopics, limit)
			}
		}
		if err := topics.Insert(tx, &store.Row[topic]{Scope: scope, Name: name, ARN: arn, Body: topic{Attributes: maps.Clone(in.Attributes)}}); err != nil {
			return err
		}
		return store.AddTags(tx, scope, arn, tags)
	})
	if err != nil {
		return nil, err
	}
	return &api.CreateTopicOutput{TopicArn: &arn}, nil
}
