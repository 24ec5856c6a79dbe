// Package sns answers the part of Amazon SNS that programs for SageMaker use:
// topics, subscriptions over HTTP and HTTPS, and messages to them. Asynchronous
// endpoints tell their topics here what became of requests.
//
//	topic.go, subscription.go  what is stored
//	publish.go                 a message becomes a task for each subscriber
//	deliver.go                 a task posts it until the subscriber takes it
//	document.go, signer.go     what is posted, and its signature
//	public.go                  what subscribers reach without keys
//
// A message is with its subscribers' tasks when Publish answers, or when the
// transaction that Notify was called in is committed. Each subscriber gets it at
// least once: one that takes it without saying so in time gets it again, with the
// same MessageId. One that takes nothing is given up after an hour.
//
// Subscribers are addresses that users name. They get POST requests without keys,
// have seconds for their answer, of which nothing is kept, and are followed
// nowhere.
package sns
