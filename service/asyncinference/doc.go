// Package asyncinference answers InvokeEndpointAsync and everything behind it: the
// queue of each endpoint, the answers in S3, the notifications.
//
//	invoke_endpoint_async.go  accepts a request
//	request.go                what is kept of it until it is answered
//	queue.go                  takes the oldest requests of an endpoint as it has room for them
//	attempt.go                asks the containers, and streams the answer to S3
//	finish.go                 notes the end of a request
//	notification.go           what the topics are told
//	measure.go, journal.go    metrics, and the data log of each instance
//
// # Neither lost nor answered twice
//
// A request is a row, committed before the call is answered. One task drives all
// requests of an endpoint: its lease lets one server do it at a time. The names of
// the objects for the answer are drawn when the request is accepted, and used by no
// other. The end of a request is one transaction that removes the row and hands
// the notification to its topic: a topic hears of a request once, whatever ends
// when.
//
// A server that dies leaves the rows. The next one asks the containers again,
// except for requests whose object is there already: those have been answered, and
// only their end is still to be noted. So a model may be asked more than once, as
// by AWS; there is one answer.
package asyncinference
