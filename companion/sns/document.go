package sns

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// The types of messages.
const (
	typeNotification = "Notification"
	typeConfirmation = "SubscriptionConfirmation"
)

// delivery is a message to a subscriber, as its task keeps it.
type delivery struct {
	Account, Region, Topic, Subscription string
	Type, ID, Message                    string
	Subject                              string               `json:",omitempty"`
	Token                                string               `json:",omitempty"`
	Attributes                           map[string]attribute `json:",omitempty"`
	// Version is the SignatureVersion, "" for 1.
	Version string `json:",omitempty"`
	Time    time.Time
}

// attribute is one of a message.
type attribute struct{ Type, Value string }

func (m *delivery) scope() aws.Scope { return aws.Scope{Account: m.Account, Region: m.Region} }

// document is what a subscriber is posted, in the order of the live service.
type document struct {
	Type              string
	MessageID         string `json:"MessageId"`
	Token             string `json:",omitempty"`
	TopicArn          string
	Subject           string `json:",omitempty"`
	Message           string
	SubscribeURL      string `json:",omitempty"`
	Timestamp         string
	SignatureVersion  string
	Signature         string
	SigningCertURL    string
	UnsubscribeURL    string               `json:",omitempty"`
	MessageAttributes map[string]attribute `json:",omitempty"`
}

// document makes what is posted of m, without the signature.
func (s *Service) document(m *delivery) *document {
	d := &document{Type: m.Type, MessageID: m.ID, Token: m.Token, TopicArn: topicARN(m.scope(), m.Topic), Subject: m.Subject, Message: m.Message,
		Timestamp: m.Time.UTC().Format("2006-01-02T15:04:05.000Z"), SignatureVersion: "1", MessageAttributes: m.Attributes}
	if m.Version != "" {
		d.SignatureVersion = m.Version
	}
	if m.Type == typeConfirmation {
		d.SubscribeURL = s.Address + "/?" + url.Values{"Action": {"ConfirmSubscription"}, "TopicArn": {d.TopicArn}, "Token": {m.Token}}.Encode()
	} else {
		d.UnsubscribeURL = s.Address + "/?" + url.Values{"Action": {"Unsubscribe"}, "SubscriptionArn": {d.TopicArn + ":" + m.Subscription}}.Encode()
	}
	return d
}

// signed is the text that the signature is of.
func (d *document) signed() string {
	var b strings.Builder
	for _, m := range [...]struct{ name, value string }{
		{"Message", d.Message}, {"MessageId", d.MessageID}, {"Subject", d.Subject}, {"SubscribeURL", d.SubscribeURL}, {"Timestamp", d.Timestamp},
		{"Token", d.Token}, {"TopicArn", d.TopicArn}, {"Type", d.Type},
	} {
		if m.value != "" || m.name == "Message" {
			b.WriteString(m.name + "\n" + m.value + "\n")
		}
	}
	return b.String()
}

// text is the document as it is posted.
func (d *document) text() (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(d)
	return b.String(), err
}
