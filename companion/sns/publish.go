package sns

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"time"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// maxMessage bounds a message in bytes.
const maxMessage = 256 << 10

// Publish hands a message to all subscribers of a topic: it is with them, or with
// the tasks that bring it, when the call answers.
func (s *Service) Publish(ctx context.Context, in *api.PublishInput) (*api.PublishOutput, error) {
	arn := aws.Val(in.TopicArn)
	if arn == "" {
		arn = aws.Val(in.TargetArn)
	}
	switch {
	case in.PhoneNumber != nil:
		return nil, invalid("PhoneNumber Reason: messages to phones are not supported. Give a TopicArn.")
	case arn == "":
		return nil, invalid("TopicArn Reason: no value found for required parameter.")
	case in.MessageGroupId != nil || in.MessageDeduplicationId != nil:
		return nil, invalid("MessageGroupId Reason: FIFO topics are not supported.")
	case *in.Message == "" || len(*in.Message) > maxMessage:
		return nil, invalid("Message Reason: it has 1 to %d bytes.", maxMessage)
	}
	m := delivery{Type: typeNotification, ID: newID(), Message: *in.Message, Subject: aws.Val(in.Subject)}
	for name, v := range in.MessageAttributes {
		if v.BinaryValue != nil {
			return nil, invalid("MessageAttributes Reason: binary values are not supported.")
		}
		if m.Attributes == nil {
			m.Attributes = map[string]attribute{}
		}
		m.Attributes[name] = attribute{aws.Val(v.DataType), aws.Val(v.StringValue)}
	}
	parts, err := structure(in)
	if err != nil {
		return nil, err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		t, err := findTopic(tx, aws.ScopeFrom(ctx), arn)
		if err != nil {
			return err
		}
		return s.publish(tx, t, m, parts)
	})
	if err != nil {
		return nil, err
	}
	return &api.PublishOutput{MessageId: &m.ID}, nil
}

// structure are the messages by protocol, where the request has several.
func structure(in *api.PublishInput) (map[string]string, error) {
	switch aws.Val(in.MessageStructure) {
	case "":
		return nil, nil
	case "json":
		var parts map[string]any
		if err := json.Unmarshal([]byte(*in.Message), &parts); err != nil {
			return nil, invalid("Message Structure - JSON message body failed to parse.")
		}
		out := map[string]string{}
		for k, v := range parts {
			if text, ok := v.(string); ok {
				out[k] = text
			}
		}
		if _, ok := out["default"]; !ok {
			return nil, invalid("Message Structure - No default entry in JSON message body.")
		}
		return out, nil
	}
	return nil, invalid("MessageStructure Reason: it is json, or left out.")
}

// Notify sends a message to a topic of the scope once the transaction is committed.
// A topic that does not exist takes nothing.
func (s *Service) Notify(tx *store.Tx, scope aws.Scope, arn, message string) error {
	t, err := findTopic(tx, scope, arn)
	if code := aws.CodeOf(err); code == notFound || code == invalidParameter {
		s.Logger.Warn("a notification is dropped: its topic does not exist", "topic", arn)
		return nil
	} else if err != nil {
		return err
	}
	return s.publish(tx, t, delivery{Type: typeNotification, ID: newID(), Message: message}, nil)
}

// publish adds a task for each subscriber.
func (s *Service) publish(tx *store.Tx, t *store.Row[topic], m delivery, parts map[string]string) error {
	all, err := subscriptions.List(tx, t.Scope, store.Query{Parent: t.Name, Status: confirmed})
	if err != nil {
		return err
	}
	m.Version = t.Body.Attributes["SignatureVersion"]
	for _, r := range all {
		one := m
		if text, ok := parts[r.Body.Protocol]; ok {
			one.Message = text
		} else if parts != nil {
			one.Message = parts["default"]
		}
		if err := s.post(tx, r, one); err != nil {
			return err
		}
	}
	return nil
}

// post adds the task that brings a message to a subscriber.
func (s *Service) post(tx *store.Tx, r *subscriber, m delivery) error {
	m.Account, m.Region, m.Topic, m.Subscription, m.Time = r.Scope.Account, r.Scope.Region, r.Parent, r.Name, tx.Now.UTC().Truncate(time.Millisecond)
	if m.ID == "" {
		m.ID = newID()
	}
	return s.Tasks.Add(tx, task.Spec{Kind: taskDeliver, Key: m.ID + "/" + r.Name, Payload: m})
}

// newID is a random UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
