// Package proxy is the data path of endpoints: from an authenticated
// InvokeEndpoint request to the answer of a container. It never touches the
// store; what it knows stands in a Table that others fill.
//
//	p := proxy.New(proxy.Options{Capture: sink})
//	p.Table().Set(key, &proxy.Endpoint{…})          // at every change of an endpoint
//	err := p.Mount(server)                          // once, after the API of the runtime was mounted
//
// A request is matched to its endpoint by account, region and exact name, to a
// variant by weight (choose.go), and to an instance that is neither full nor
// avoided. Containers are spoken to over kept connections in HTTP/1.1 that is
// written and read here (message.go, head.go, body.go): net/http's own reverse
// proxy takes three to four times as long. Small answers are read whole before
// anything is sent on, so that half of one becomes an error that the client can
// read; longer ones pass through a buffer of fixed size.
//
// Beside the path and never in front of it stand copies for shadow variants
// (shadow.go), data capture (capture.go, record.go) and the measures of each
// variant (measure.go). Each holds a bounded amount of memory, and leaves out what
// does not fit.
package proxy
