package sns

import (
	"context"
	"crypto/rand"
	"strings"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Subscribe asks an endpoint whether it wants the messages of a topic: it is posted
// a token, with which it confirms. An endpoint that has been asked and did not
// answer is asked again.
func (s *Service) Subscribe(ctx context.Context, in *api.SubscribeInput) (*api.SubscribeOutput, error) {
	if err := checkEndpoint(*in.Protocol, aws.Val(in.Endpoint)); err != nil {
		return nil, err
	}
	raw := false
	for k, v := range in.Attributes {
		if k != "RawMessageDelivery" {
			return nil, invalid("Attributes Reason: the attribute %s is not supported. Leave it out.", k)
		}
		raw = strings.EqualFold(v, "true")
	}
	scope := aws.ScopeFrom(ctx)
	var r *subscriber
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		t, err := findTopic(tx, scope, *in.TopicArn)
		if err != nil {
			return err
		}
		all, err := subscriptions.List(tx, scope, store.Query{Parent: t.Name})
		if err != nil {
			return err
		}
		r = nil
		for _, old := range all {
			if old.Body.Protocol == *in.Protocol && old.Body.Endpoint == *in.Endpoint {
				r = old
			}
		}
		if limit := s.Quotas.Limit(mostSubscriptions); r == nil && limit > 0 && len(all) >= limit {
			return limited(subscriptionLimitExceeded, mostSubscriptions, limit)
		}
		if r != nil && r.Status == confirmed {
			return nil
		}
		made := r == nil
		if made {
			id := newID()
			r = &subscriber{Scope: scope, Name: id, ARN: t.ARN + ":" + id, Parent: t.Name, Status: pending}
		}
		r.Body = subscription{Protocol: *in.Protocol, Endpoint: *in.Endpoint, Token: strings.ToLower(rand.Text() + rand.Text()), Expires: tx.Now.Add(tokenLife), Raw: raw}
		if made {
			err = subscriptions.Insert(tx, r)
		} else {
			err = subscriptions.Update(tx, r)
		}
		if err != nil {
			return err
		}
		return s.post(tx, r, delivery{Type: typeConfirmation, Token: r.Body.Token,
			Message: "You have chosen to subscribe to the topic " + t.ARN + ".\nTo confirm the subscription, visit the SubscribeURL included in this message."})
	})
	if err != nil {
		return nil, err
	}
	arn := r.ARN
	if r.Status == pending && !aws.Val(in.ReturnSubscriptionArn) {
		arn = "pending confirmation"
	}
	return &api.SubscribeOutput{SubscriptionArn: &arn}, nil
}
