package sns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

const (
	// answerTime is what a subscriber has to take a message.
	answerTime = 15 * time.Second
	// maxAttempts is how often a message is brought: for about an hour.
	maxAttempts = 65
	// maxAnswer bounds what is read of a subscriber's answer.
	maxAnswer = 16 << 10
)

// backoff is how long to wait after the attempt-th failure: three times hardly, then
// longer and longer, up to a minute.
func backoff(attempt int) time.Duration {
	if attempt <= 3 {
		return 100 * time.Millisecond
	}
	return min(time.Second<<min(attempt-4, 6), time.Minute)
}

// newClient posts to subscribers: directly, and nowhere else than where it is told.
func newClient() *http.Client {
	dialer := &net.Dialer{Timeout: answerTime, Control: func(_, address string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(address)
		if ip := net.ParseIP(host); err != nil || ip == nil || ip.IsLinkLocalUnicast() || ip.IsMulticast() {
			return fmt.Errorf("%s takes no messages: it is an address of the link", address)
		}
		return nil
	}}
	return &http.Client{
		Timeout:       answerTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 4, MaxIdleConns: maxDeliveries,
			IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: answerTime, MaxResponseHeaderBytes: maxAnswer},
	}
}

// refusal is an answer that another attempt would not change.
type refusal struct{ status int }

// Error implements error.
func (r refusal) Error() string {
	return fmt.Sprintf("the subscriber answers %d %s", r.status, http.StatusText(r.status))
}

// deliver brings a message to a subscriber. It is the handler of the message's task.
func (s *Service) deliver(ctx context.Context, t *task.Task) error {
	var m delivery
	if err := t.Decode(&m); err != nil {
		return task.Cancel(err)
	}
	var to *subscriber
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		to, err = subscriptions.Get(tx, m.scope(), m.Subscription)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		s.loads.forget(m.Subscription)
		return nil // it does not want it any more
	case err != nil:
		return task.RetryAfter(time.Second, nil)
	}
	began := s.Now()
	if pause, ok := s.loads.enter(m.Subscription, t.ID, began); !ok {
		return task.RetryAfter(pause, nil)
	}
	err = s.bring(ctx, &m, to)
	s.loads.leave(m.Subscription, err == nil, began, s.Now())
	if err == nil || ctx.Err() != nil {
		return err
	}
	var final refusal
	if errors.As(err, &final) || t.Attempt >= maxAttempts {
		s.Logger.Warn("a message is given up", "topic", topicARN(m.scope(), m.Topic), "subscription", m.Subscription, "message", m.ID, "attempts", t.Attempt, "error", err)
		return nil
	}
	return err
}

// bring posts a message once.
func (s *Service) bring(ctx context.Context, m *delivery, to *subscriber) error {
	d := s.document(m)
	if err := s.signer.sign(ctx, m.Region, d); err != nil {
		return err
	}
	text, err := d.text()
	if err != nil {
		return err
	}
	raw := to.Body.Raw && m.Type == typeNotification
	if raw {
		text = m.Message
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.Body.Endpoint, strings.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "text/plain; charset=UTF-8")
	r.Header.Set("User-Agent", "Amazon Simple Notification Service Agent")
	r.Header.Set("X-Amz-Sns-Message-Type", m.Type)
	r.Header.Set("X-Amz-Sns-Message-Id", m.ID)
	r.Header.Set("X-Amz-Sns-Topic-Arn", d.TopicArn)
	if m.Type == typeNotification {
		r.Header.Set("X-Amz-Sns-Subscription-Arn", to.ARN)
	}
	if raw {
		r.Header.Set("X-Amz-Sns-Rawdelivery", "true")
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer) // so that the connection may stay
	switch status := answer.StatusCode; {
	case status >= 200 && status < 300:
		return nil
	case status >= 300 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout:
		return refusal{status}
	default:
		return fmt.Errorf("the subscriber answers %d %s", status, http.StatusText(status))
	}
}
