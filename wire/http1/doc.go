// Package http1 answers the requests of the data path on their connections' own
// goroutines, without net/http's server, which costs more than all that Sagebrush
// does with such a request: it starts a goroutine a request to notice that the
// client is gone, and makes request, header map and writer anew each time. Here a
// connection keeps all of them, and its client is watched once an answer takes long.
//
// It is no second HTTP server. It understands a narrow form of HTTP/1.1, the one
// that SDKs send: an accepted method and path, plain names and values, one
// Content-Length and nothing that frames the body in another way, no Expect. A
// connection on which anything else comes goes to net/http for good, with the
// bytes that were read (see Server.Serve), before anything of that request was
// answered. So nothing is refused here, nothing is understood in two ways, and
// what is understood means to net/http what it means here; a fuzz test says so.
//
// Handlers are net/http's. What they see differs in two things: the Request, its
// Header and the ResponseWriter are the connection's, valid until the handler
// returns; and the request's context is the connection's, so that it ends when the
// client is gone, but not with the request.
package http1
