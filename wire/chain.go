package wire

import (
	"context"
	"net/http"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// call is one request on its way through the chain.
type call struct {
	w       http.ResponseWriter
	r       *http.Request
	id      string
	started time.Time

	// Set by routing: either plain (S3, pages), or protocol with service and,
	// when the head names it, operation.
	plain     http.Handler
	plainName string
	protocol  protocol
	service   *service
	opName    string
	operation *operation

	body        []byte
	keepBody    bool // somebody holds it beyond the call
	form        form // query protocol
	caller      aws.Caller
	in, out     any
	status      int
	contentType string   // of the answer
	code        aws.Code // of the error answered, "" for none
}

// handler is a step and all that follow it.
type handler func(ctx context.Context, c *call) error

// chain puts the steps together. Each may answer an error; the envelope makes
// bytes of it.
func (s *Server) chain() handler {
	steps := []func(next handler) handler{
		// First, so that every answer and every line in the log has the id.
		s.identify,
		// Outside of everything that can fail, so that it sees the final code.
		s.observe,
		// Turns errors into the protocol's bytes; inside observe, which wants the
		// code; outside of recover, so that a panic is an error like any other.
		s.envelope,
		s.recover,
		// Reads the head only, and decides which protocol an error is told in.
		// Hands S3 and the unsigned pages their requests: they need nothing below.
		s.route,
		// Before the signature, which covers the body; after routing, because S3's
		// bodies are not for memory.
		s.readBody,
		// Before anything that costs or tells.
		s.authenticate,
		// After the signature, so that nobody uses up another account's share.
		s.limit,
		// Operations that write their answers themselves leave the chain: nothing
		// below is theirs, and their bodies go on as they came.
		s.direct,
		// Which operation: after the signature, because query puts it in the body.
		s.bind,
		s.decode,
		// Modelled constraints, all violations at once; their meaning is the
		// implementation's.
		s.validate,
		// Last: what is not implemented is refused only after its input was checked.
		s.perform,
	}
	h := handler(func(context.Context, *call) error { return nil })
	for i := len(steps) - 1; i >= 0; i-- {
		h = steps[i](h)
	}
	return h
}
