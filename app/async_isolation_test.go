package app_test

import (
	"net/http"
	"net/url"
)

const ownersTopic = "arn:aws:sns:us-east-1:123456789012:" + marker

// asyncProbes call what stands behind asynchronous endpoints as a stranger would who
// knows the owner's names.
func asyncProbes() map[string]func(c *client) (int, string) {
	found := map[string]func(c *client) (int, string){
		"sagemakerruntime.InvokeEndpointAsync": func(c *client) (int, string) {
			r := c.request(http.MethodPost, "/endpoints/"+marker+"/async-invocations", "")
			r.Header.Set("X-Amzn-SageMaker-InputLocation", "s3://b/k")
			return c.do("sagemaker", r, "")
		},
	}
	for operation, members := range map[string]url.Values{
		"CreateTopic":               {"Name": {marker}},
		"DeleteTopic":               {"TopicArn": {ownersTopic}},
		"GetTopicAttributes":        {"TopicArn": {ownersTopic}},
		"SetTopicAttributes":        {"TopicArn": {ownersTopic}, "AttributeName": {"DisplayName"}, "AttributeValue": {"x"}},
		"ListTopics":                {},
		"Subscribe":                 {"TopicArn": {ownersTopic}, "Protocol": {"http"}, "Endpoint": {"http://127.0.0.1:1/"}},
		"ConfirmSubscription":       {"TopicArn": {ownersTopic}, "Token": {"x"}},
		"GetSubscriptionAttributes": {"SubscriptionArn": {ownersTopic + ":x"}},
		"ListSubscriptions":         {},
		"ListSubscriptionsByTopic":  {"TopicArn": {ownersTopic}},
		"Unsubscribe":               {"SubscriptionArn": {ownersTopic + ":x"}},
		"Publish":                   {"TopicArn": {ownersTopic}, "Message": {"x"}},
		"TagResource":               {"ResourceArn": {ownersTopic}, "Tags.member.1.Key": {"a"}, "Tags.member.1.Value": {"b"}},
		"UntagResource":             {"ResourceArn": {ownersTopic}, "TagKeys.member.1": {"a"}},
		"ListTagsForResource":       {"ResourceArn": {ownersTopic}},
	} {
		members.Set("Action", operation)
		members.Set("Version", "2010-03-31")
		found["sns."+operation] = func(c *client) (int, string) { return c.query("sns", members.Encode()) }
	}
	return found
}
