package sns

import (
	"crypto/subtle"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// subscription is what is stored of one, under its id with the topic as parent.
type subscription struct {
	Protocol, Endpoint string
	// Token confirms it until Expires.
	Token   string
	Expires time.Time
	// Raw says that it gets messages without the envelope.
	Raw bool `json:",omitempty"`
	// Guarded says that only its owner's keys may end it, not the address in messages.
	Guarded bool `json:",omitempty"`
}

// The statuses of subscriptions.
const (
	pending   = "Pending"
	confirmed = "Confirmed"
)

// tokenLife is how long a subscription can be confirmed.
const tokenLife = 3 * 24 * time.Hour

var (
	subscriptions = store.NewTable[subscription]("sns-subscription")
	// mostSubscriptions bounds the subscriptions of a topic: each message is copied
	// for all of them.
	mostSubscriptions = kit.Quota{Name: "sns-subscriptions", Default: 1000}
)

type subscriber = store.Row[subscription]

// shownARN is the ARN as lists print it.
func shownARN(r *subscriber) string {
	if r.Status == pending {
		return "PendingConfirmation"
	}
	return r.ARN
}

// subscriptionID takes the ARN of a subscription apart.
func subscriptionID(scope aws.Scope, arn string) (string, error) {
	a, ok := aws.ParseARN(arn)
	_, id, found := strings.Cut(a.Resource, ":")
	switch {
	case !ok || a.Service != "sns" || !found || id == "":
		return "", invalid("SubscriptionArn Reason: %q is not the ARN of a subscription (arn:aws:sns:REGION:ACCOUNT:TOPIC:ID).", arn)
	case a.Account != scope.Account || a.Region != scope.Region:
		return "", missing("Subscription", arn)
	}
	return id, nil
}

// findSubscription reads one by its ARN.
func findSubscription(tx *store.Tx, scope aws.Scope, arn string) (*subscriber, error) {
	id, err := subscriptionID(scope, arn)
	if err != nil {
		return nil, err
	}
	r, err := subscriptions.Get(tx, scope, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && r.ARN != arn {
		return nil, missing("Subscription", arn)
	}
	return r, err
}

// checkEndpoint refuses what messages cannot be posted to.
func checkEndpoint(protocol, endpoint string) error {
	if protocol != "http" && protocol != "https" {
		return invalid("Protocol Reason: messages go to http and https endpoints, not to %q.", protocol)
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != protocol || u.Fragment != "" || len(endpoint) > 2048 {
		return invalid("Endpoint Reason: it is a URL that begins with %s://, of at most 2048 characters.", protocol)
	}
	return nil
}

// confirm sets a subscription with that token to confirmed; guarded is for Guarded.
func confirm(tx *store.Tx, scope aws.Scope, topicARN, token string, guarded bool) (*subscriber, error) {
	t, err := findTopic(tx, scope, topicARN)
	if err != nil {
		return nil, err
	}
	all, err := subscriptions.List(tx, scope, store.Query{Parent: t.Name})
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if subtle.ConstantTimeCompare([]byte(r.Body.Token), []byte(token)) != 1 || tx.Now.After(r.Body.Expires) {
			continue
		}
		if r.Status == confirmed {
			return r, nil
		}
		r.Status, r.Body.Guarded = confirmed, guarded
		return r, subscriptions.Update(tx, r)
	}
	return nil, invalid("Token Reason: it belongs to no subscription of this topic, or is older than 3 days. Subscribe again.")
}
