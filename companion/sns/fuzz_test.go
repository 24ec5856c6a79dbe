package sns

import (
	"strings"
	"testing"

	api "github.com/sagebrush/sagebrush/api/sns"
	"github.com/sagebrush/sagebrush/aws"
)

// Whatever names and messages hold, they are refused or mean what they say: a topic's
// ARN is that of its name, an endpoint is one of HTTP, a message of several parts has
// one for those who have none of their own.
func FuzzNames(f *testing.F) {
	f.Add("arn:aws:sns:us-east-1:123456789012:t", "http", "http://h/p?q", `{"default":"d"}`)
	f.Add("arn:aws:sns:us-east-1:123456789012:t:id", "https", "https://u:p@h:1", `{"default":1,"http":"h"}`)
	f.Add("arn:aws:sns", "ftp", "http:///", `[]`)
	f.Fuzz(func(t *testing.T, arn, protocol, endpoint, message string) {
		if name, err := topicName(home, arn); err == nil && topicARN(home, name) != arn && !strings.HasPrefix(arn, "arn:aws-") {
			t.Errorf("%q names the topic %q", arn, name)
		}
		if id, err := subscriptionID(home, arn); err == nil && !strings.HasSuffix(arn, ":"+id) {
			t.Errorf("%q names the subscription %q", arn, id)
		}
		if err := checkEndpoint(protocol, endpoint); err == nil && !strings.HasPrefix(strings.ToLower(endpoint), protocol+"://") {
			t.Errorf("%q is taken as an endpoint of %s", endpoint, protocol)
		}
		parts, err := structure(&api.PublishInput{MessageStructure: aws.Ptr("json"), Message: &message})
		if _, ok := parts["default"]; err == nil && !ok {
			t.Errorf("%q has no part for all", message)
		}
	})
}
