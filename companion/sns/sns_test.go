package sns

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/task"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

// bench is a service whose public addresses are served.
type bench struct {
	*Service
	t   *testing.T
	ctx context.Context
}

func each(t *testing.T, f func(b *bench)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		queue := task.New(db, task.Options{NodeID: "node"})
		b := &bench{t: t, ctx: aws.WithCaller(t.Context(), aws.Caller{Scope: home})}
		var public http.Handler
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { public.ServeHTTP(w, r) }))
		t.Cleanup(s.Close)
		b.Service = New(Config{Base: kit.Base{DB: db, Tokens: kit.NewTokens([]byte("k"))}, Tasks: queue, Address: s.URL, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
		public = b.Public(http.NotFoundHandler())
		if err := queue.Start(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = queue.Stop(context.WithoutCancel(t.Context())) })
		f(b)
	})
}

// post is what a subscriber was sent.
type post struct {
	header http.Header
	body   string
	document
}

// subscriber takes messages; answer is what it says to the n-th, from 0.
func (b *bench) subscriber(answer func(n int, w http.ResponseWriter, r *http.Request)) (url string, posts chan post) {
	posts = make(chan post, 1000)
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p := post{header: r.Header, body: string(body)}
		_ = json.Unmarshal(body, &p.document)
		if answer != nil && p.Type != typeConfirmation {
			answer(int(n.Add(1)-1), w, r)
		}
		posts <- p
	}))
	b.t.Cleanup(s.Close)
	return s.URL + "/hook?a=b", posts
}

func (b *bench) topic(name string, attributes map[string]string) string {
	b.t.Helper()
	out, err := b.CreateTopic(b.ctx, &api.CreateTopicInput{Name: &name, Attributes: attributes, Tags: []*api.Tag{{Key: aws.Ptr("k"), Value: aws.Ptr("v")}}})
	if err != nil {
		b.t.Fatal(err)
	}
	return *out.TopicArn
}

func (b *bench) subscribe(topic, url string, attributes map[string]string) string {
	b.t.Helper()
	out, err := b.Subscribe(b.ctx, &api.SubscribeInput{TopicArn: &topic, Protocol: aws.Ptr("http"), Endpoint: &url, Attributes: attributes, ReturnSubscriptionArn: aws.Ptr(true)})
	if err != nil {
		b.t.Fatal(err)
	}
	return *out.SubscriptionArn
}

func (b *bench) next(posts chan post) post {
	b.t.Helper()
	select {
	case p := <-posts:
		return p
	case <-time.After(30 * time.Second):
		b.t.Fatal("nothing is posted")
		return post{}
	}
}

// visit follows an address of a message.
func (b *bench) visit(url string) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.ctx, http.MethodGet, url, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text)
}

// joined has an endpoint subscribe and confirm.
func (b *bench) joined(topic string, attributes map[string]string, answer func(n int, w http.ResponseWriter, r *http.Request)) (arn string, posts chan post) {
	b.t.Helper()
	url, posts := b.subscriber(answer)
	arn = b.subscribe(topic, url, attributes)
	if status, text := b.visit(b.next(posts).SubscribeURL); status != 200 || !strings.Contains(text, "<ConfirmSubscriptionResult><SubscriptionArn>"+arn) {
		b.t.Fatalf("the confirmation is answered %d %s", status, text)
	}
	return arn, posts
}

func (b *bench) publish(topic, message string) string {
	b.t.Helper()
	out, err := b.Publish(b.ctx, &api.PublishInput{TopicArn: &topic, Message: &message, Subject: aws.Ptr("s")})
	if err != nil {
		b.t.Fatal(err)
	}
	return *out.MessageId
}

// checkSignature checks a message as its readers do: by the certificate that it names.
func (b *bench) checkSignature(p post) {
	b.t.Helper()
	path, ok := strings.CutPrefix(p.SigningCertURL, "https://sns.us-east-1.amazonaws.com")
	if !ok || !strings.HasPrefix(path, "/SimpleNotificationService-") || !strings.HasSuffix(path, ".pem") {
		b.t.Fatalf("the certificate is at %s", p.SigningCertURL)
	}
	_, text := b.visit(b.Address + path)
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		b.t.Fatalf("the certificate is %q", text)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		b.t.Fatal(err)
	}
	var order []string
	if p.Type == typeNotification {
		order = []string{"Message", p.Message, "MessageId", p.MessageID, "Subject", p.Subject, "Timestamp", p.Timestamp, "TopicArn", p.TopicArn, "Type", p.Type}
	} else {
		order = []string{"Message", p.Message, "MessageId", p.MessageID, "SubscribeURL", p.SubscribeURL, "Timestamp", p.Timestamp, "Token", p.Token, "TopicArn", p.TopicArn, "Type", p.Type}
	}
	signed := []byte(strings.Join(order, "\n") + "\n")
	hash, sum := crypto.SHA1, sha1.Sum(signed)
	digest := sum[:]
	if p.SignatureVersion == "2" {
		long := sha256.Sum256(signed)
		hash, digest = crypto.SHA256, long[:]
	}
	signature, err := base64.StdEncoding.DecodeString(p.Signature)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := rsa.VerifyPKCS1v15(cert.PublicKey.(*rsa.PublicKey), hash, digest, signature); err != nil {
		b.t.Errorf("the signature of version %s is wrong: %v", p.SignatureVersion, err)
	}
}

// Async-2: a subscriber confirms, gets signed messages, and unsubscribes.
// covers: sns.CreateTopic sns.Subscribe sns.ConfirmSubscription sns.Publish sns.Unsubscribe sns.GetSubscriptionAttributes sns.ListSubscriptionsByTopic sns.ListSubscriptions
func TestMessages(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		for version, attributes := range map[string]map[string]string{"1": nil, "2": {"SignatureVersion": "2"}} {
			topic := b.topic("topic-"+version, attributes)
			url, posts := b.subscriber(nil)
			arn := b.subscribe(topic, url, nil)
			asked := b.next(posts)
			if asked.Type != typeConfirmation || asked.header.Get("X-Amz-Sns-Message-Type") != typeConfirmation || asked.Token == "" || asked.TopicArn != topic {
				t.Errorf("the subscriber is asked %s", asked.body)
			}
			b.checkSignature(asked)
			b.publish(topic, "nobody hears it")
			if a := b.attributes(arn); a["PendingConfirmation"] != "true" || a["Endpoint"] != url {
				t.Errorf("the subscription is %v", a)
			}
			if _, err := b.ConfirmSubscription(b.ctx, &api.ConfirmSubscriptionInput{TopicArn: &topic, Token: aws.Ptr("guess")}); aws.CodeOf(err) != invalidParameter {
				t.Errorf("a wrong token is answered %v", err)
			}
			out, err := b.ConfirmSubscription(b.ctx, &api.ConfirmSubscriptionInput{TopicArn: &topic, Token: &asked.Token})
			if err != nil || *out.SubscriptionArn != arn {
				t.Fatalf("the confirmation answers %v, %v", out, err)
			}
			id := b.publish(topic, "hello <&>")
			got := b.next(posts)
			if got.Type != typeNotification || got.Message != "hello <&>" || got.Subject != "s" || got.MessageID != id || got.header.Get("X-Amz-Sns-Subscription-Arn") != arn || got.SignatureVersion != version {
				t.Errorf("the subscriber gets %s", got.body)
			}
			b.checkSignature(got)
			list, err := b.ListSubscriptionsByTopic(b.ctx, &api.ListSubscriptionsByTopicInput{TopicArn: &topic})
			if err != nil || len(list.Subscriptions) != 1 || *list.Subscriptions[0].SubscriptionArn != arn {
				t.Errorf("the list is %v, %v", list, err)
			}
			if status, text := b.visit(got.UnsubscribeURL); status != 200 {
				t.Errorf("unsubscribing is answered %d %s", status, text)
			}
			if _, err := b.GetSubscriptionAttributes(b.ctx, &api.GetSubscriptionAttributesInput{SubscriptionArn: &arn}); aws.CodeOf(err) != notFound {
				t.Errorf("the subscription that has ended answers %v", err)
			}
			if _, err := b.Unsubscribe(b.ctx, &api.UnsubscribeInput{SubscriptionArn: &arn}); err != nil {
				t.Error(err)
			}
		}
		all, err := b.ListSubscriptions(b.ctx, &api.ListSubscriptionsInput{})
		if err != nil || len(all.Subscriptions) != 0 {
			t.Errorf("the list is %v, %v", all, err)
		}
	})
}

func (b *bench) attributes(arn string) map[string]string {
	b.t.Helper()
	out, err := b.GetSubscriptionAttributes(b.ctx, &api.GetSubscriptionAttributesInput{SubscriptionArn: &arn})
	if err != nil {
		b.t.Fatal(err)
	}
	return out.Attributes
}

// Async-2: a subscriber that fails gets its message again, with the same id; one that
// refuses it, or sends it elsewhere, gets the next.
func TestSubscribersThatFail(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		topic := b.topic("t", nil)
		elsewhere, stray := b.subscriber(nil)
		_, posts := b.joined(topic, nil, func(n int, w http.ResponseWriter, r *http.Request) {
			switch n {
			case 0:
				w.WriteHeader(http.StatusServiceUnavailable)
			case 1:
				conn, _, _ := http.NewResponseController(w).Hijack()
				_ = conn.Close()
			case 3:
				w.WriteHeader(http.StatusGone)
			case 4:
				http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
			}
		})
		first := b.publish(topic, "one")
		for range 3 {
			if p := b.next(posts); p.MessageID != first || p.Message != "one" {
				t.Errorf("the subscriber gets %s", p.body)
			}
		}
		for _, text := range []string{"two", "three", "four"} {
			id := b.publish(topic, text)
			if p := b.next(posts); p.MessageID != id {
				t.Errorf("the subscriber gets %s in place of %s", p.body, text)
			}
		}
		if len(stray) != 0 {
			t.Error("a redirect was followed")
		}
	})
}

// A subscription that was confirmed so ends by its owner's keys alone.
func TestGuardedSubscriptions(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		topic := b.topic("t", nil)
		url, posts := b.subscriber(nil)
		arn := b.subscribe(topic, url, nil)
		token := b.next(posts).Token
		if _, err := b.ConfirmSubscription(b.ctx, &api.ConfirmSubscriptionInput{TopicArn: &topic, Token: &token, AuthenticateOnUnsubscribe: aws.Ptr("true")}); err != nil {
			t.Fatal(err)
		}
		b.publish(topic, "m")
		if status, text := b.visit(b.next(posts).UnsubscribeURL); status != 400 || !strings.Contains(text, "only its owner") {
			t.Errorf("unsubscribing is answered %d %s", status, text)
		}
		if _, err := b.Unsubscribe(b.ctx, &api.UnsubscribeInput{SubscriptionArn: &arn}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.GetSubscriptionAttributes(b.ctx, &api.GetSubscriptionAttributesInput{SubscriptionArn: &arn}); aws.CodeOf(err) != notFound {
			t.Errorf("the subscription that has ended answers %v", err)
		}
	})
}

// A subscriber that never answers keeps nobody else waiting.
func TestSlowSubscribers(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		slow, quick := b.topic("slow", nil), b.topic("quick", nil)
		release := make(chan struct{})
		_, late := b.joined(slow, nil, func(int, http.ResponseWriter, *http.Request) { <-release })
		_, posts := b.joined(quick, nil, nil)
		for range 3 * maxDeliveries {
			b.publish(slow, "m")
		}
		id := b.publish(quick, "m")
		if p := b.next(posts); p.MessageID != id {
			t.Errorf("the subscriber gets %s", p.body)
		}
		if len(late) > 0 {
			t.Error("the slow one has answered before")
		}
		close(release)
	})
}

// Raw messages have no envelope; a message may be another for each protocol.
func TestForms(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		topic := b.topic("t", nil)
		_, posts := b.joined(topic, map[string]string{"RawMessageDelivery": "true"}, nil)
		b.publish(topic, "plain")
		if p := b.next(posts); p.body != "plain" || p.header.Get("X-Amz-Sns-Rawdelivery") != "true" {
			t.Errorf("the subscriber gets %q", p.body)
		}
		if _, err := b.Publish(b.ctx, &api.PublishInput{TargetArn: &topic, MessageStructure: aws.Ptr("json"), Message: aws.Ptr(`{"default":"d","http":"h"}`)}); err != nil {
			t.Fatal(err)
		}
		if p := b.next(posts); p.body != "h" {
			t.Errorf("the subscriber gets %q", p.body)
		}
	})
}

// What is not supported, not there or somebody else's is refused.
// covers: sns.DeleteTopic sns.GetTopicAttributes sns.SetTopicAttributes sns.ListTopics sns.TagResource sns.UntagResource sns.ListTagsForResource
func TestTopics(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		topic := b.topic("t", map[string]string{"DisplayName": "d"})
		if topic != "arn:aws:sns:us-east-1:123456789012:t" || b.topic("t", map[string]string{"DisplayName": "d"}) != topic {
			t.Errorf("the topic is %s", topic)
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		}
		refused := func(err error, code aws.Code) {
			t.Helper()
			if aws.CodeOf(err) != code {
				t.Errorf("answered with %v, want %s", err, code)
			}
		}
		_, err := b.SetTopicAttributes(b.ctx, &api.SetTopicAttributesInput{TopicArn: &topic, AttributeName: aws.Ptr("Policy"), AttributeValue: aws.Ptr("{}")})
		must(err)
		_, err = b.TagResource(b.ctx, &api.TagResourceInput{ResourceArn: &topic, Tags: []*api.Tag{{Key: aws.Ptr("l"), Value: aws.Ptr("w")}}})
		must(err)
		_, err = b.UntagResource(b.ctx, &api.UntagResourceInput{ResourceArn: &topic, TagKeys: []string{"k"}})
		must(err)
		tags, err := b.ListTagsForResource(b.ctx, &api.ListTagsForResourceInput{ResourceArn: &topic})
		must(err)
		if len(tags.Tags) != 1 || *tags.Tags[0].Key != "l" {
			t.Errorf("the tags are %v", tags.Tags)
		}
		got, err := b.GetTopicAttributes(b.ctx, &api.GetTopicAttributesInput{TopicArn: &topic})
		must(err)
		if a := got.Attributes; a["DisplayName"] != "d" || a["Policy"] != "{}" || a["SubscriptionsConfirmed"] != "0" || a["Owner"] != home.Account {
			t.Errorf("the attributes are %v", a)
		}
		for range pageSize {
			b.topic("more-"+newID(), nil)
		}
		first, err := b.ListTopics(b.ctx, &api.ListTopicsInput{})
		must(err)
		second, err := b.ListTopics(b.ctx, &api.ListTopicsInput{NextToken: first.NextToken})
		must(err)
		if len(first.Topics) != pageSize || len(second.Topics) != 1 || second.NextToken != nil || *second.Topics[0].TopicArn != topic {
			t.Errorf("the pages have %d and %d topics", len(first.Topics), len(second.Topics))
		}
		_, err = b.ListTopics(b.ctx, &api.ListTopicsInput{NextToken: aws.Ptr("x")})
		refused(err, invalidParameter)
		for _, name := range []string{"a.fifo", "", "a b", strings.Repeat("a", 257)} {
			_, err = b.CreateTopic(b.ctx, &api.CreateTopicInput{Name: &name})
			refused(err, invalidParameter)
		}
		_, err = b.CreateTopic(b.ctx, &api.CreateTopicInput{Name: aws.Ptr("t"), Attributes: map[string]string{"DisplayName": "other"}})
		refused(err, invalidParameter)
		for _, in := range []*api.SubscribeInput{
			{Protocol: aws.Ptr("sqs"), Endpoint: aws.Ptr("arn:aws:sqs:us-east-1:1:q")}, {Protocol: aws.Ptr("http"), Endpoint: aws.Ptr("https://h")},
			{Protocol: aws.Ptr("http"), Endpoint: aws.Ptr("file:///etc/passwd")}, {Protocol: aws.Ptr("http")},
			{Protocol: aws.Ptr("http"), Endpoint: aws.Ptr("http://h"), Attributes: map[string]string{"FilterPolicy": "{}"}},
		} {
			in.TopicArn = &topic
			_, err = b.Subscribe(b.ctx, in)
			refused(err, invalidParameter)
		}
		_, err = b.Publish(b.ctx, &api.PublishInput{TopicArn: aws.Ptr("arn:aws:sns:us-east-1:123456789012:nope"), Message: aws.Ptr("m")})
		refused(err, notFound)
		_, err = b.Publish(b.ctx, &api.PublishInput{PhoneNumber: aws.Ptr("+1"), Message: aws.Ptr("m")})
		refused(err, invalidParameter)
		stranger := aws.WithCaller(b.ctx, aws.Caller{Scope: aws.Scope{Account: "210987654321", Region: home.Region}})
		_, err = b.Publish(stranger, &api.PublishInput{TopicArn: &topic, Message: aws.Ptr("m")})
		refused(err, notFound)
		_, err = b.ListTagsForResource(stranger, &api.ListTagsForResourceInput{ResourceArn: &topic})
		refused(err, resourceNotFound)
		_, err = b.DeleteTopic(stranger, &api.DeleteTopicInput{TopicArn: &topic})
		must(err)
		_, err = b.GetTopicAttributes(b.ctx, &api.GetTopicAttributesInput{TopicArn: &topic})
		must(err)
		for range 2 {
			_, err = b.DeleteTopic(b.ctx, &api.DeleteTopicInput{TopicArn: &topic})
			must(err)
		}
		_, err = b.GetTopicAttributes(b.ctx, &api.GetTopicAttributesInput{TopicArn: &topic})
		refused(err, notFound)
		if err := b.DB.Update(b.ctx, func(tx *store.Tx) error { return b.Notify(tx, home, topic, "m") }); err != nil {
			t.Errorf("a topic that is gone is told: %v", err)
		}
	})
}

// Addresses that lead nowhere, or to the machine's own link, take nothing.
func TestLinkAddresses(t *testing.T) {
	t.Parallel()
	c := newClient()
	for _, url := range []string{"http://169.254.169.254/latest", "http://[fe80::1%25lo]/"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := c.Do(r); err == nil {
			_ = answer.Body.Close()
			t.Errorf("%s was reached", url)
		} else if !strings.Contains(err.Error(), "takes no messages") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
