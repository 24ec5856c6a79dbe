package sns

import (
	"errors"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// topic is what is stored of a topic, under its name.
type topic struct {
	// Attributes are those that were set.
	Attributes map[string]string `json:",omitempty"`
}

var (
	topics = store.NewTable[topic]("sns-topic")
	// mostTopics bounds the topics of an account in a region.
	mostTopics = kit.Quota{Name: "sns-topics", Default: 100_000}
)

// topicARN names a topic.
func topicARN(scope aws.Scope, name string) string {
	return aws.ARN{Partition: aws.Partition(scope.Region), Service: "sns", Region: scope.Region, Account: scope.Account, Resource: name}.String()
}

// topicName is the name in a topic's ARN; one of another account or region names
// nothing here.
func topicName(scope aws.Scope, arn string) (string, error) {
	a, ok := aws.ParseARN(arn)
	switch {
	case !ok || a.Service != "sns" || a.Resource == "" || strings.Contains(a.Resource, ":"):
		return "", invalid("TopicArn Reason: %q is not the ARN of a topic (arn:aws:sns:REGION:ACCOUNT:NAME).", arn)
	case a.Account != scope.Account || a.Region != scope.Region:
		return "", missing("Topic", arn)
	}
	return a.Resource, nil
}

// findTopic reads a topic by its ARN.
func findTopic(tx *store.Tx, scope aws.Scope, arn string) (*store.Row[topic], error) {
	name, err := topicName(scope, arn)
	if err != nil {
		return nil, err
	}
	r, err := topics.Get(tx, scope, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, missing("Topic", arn)
	}
	return r, err
}

// validName says whether a topic may be called that.
func validName(name string) bool {
	if name == "" || len(name) > 256 {
		return false
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// checkAttribute refuses attributes that would be without effect.
func checkAttribute(name, value string) error {
	switch name {
	case "DisplayName", "Policy", "DeliveryPolicy", "KmsMasterKeyId", "TracingConfig": // kept
		return nil
	case "SignatureVersion":
		if value == "1" || value == "2" {
			return nil
		}
		return invalid("SignatureVersion Reason: it is 1 or 2.")
	case "FifoTopic", "ContentBasedDeduplication":
		if value == "false" {
			return nil
		}
		return invalid("%s Reason: FIFO topics are not supported; asynchronous endpoints take none.", name)
	}
	return invalid("AttributeName Reason: the attribute %s is not supported.", name)
}
