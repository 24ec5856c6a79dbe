package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// Direct answers an operation by itself: the data path of endpoints, whose bodies
// are no matter of ours and whose answers may be streams. It gets a request that
// has passed everything up to the account's share, and its body as it came; what
// the model says of the members is its own to check.
//
// An error that it answers becomes the envelope that every operation's errors
// have, as long as nothing of an answer was sent. After that the connection is
// cut, which is the only way left to say that the answer is not whole. It answers
// http.ErrAbortHandler where the client is gone.
type Direct func(ctx context.Context, x *Exchange) error

// Exchange is what a Direct gets.
type Exchange struct {
	// Request is the head; its body has been read. It and its Header are valid until
	// the Direct returns; names and values may be kept.
	Request *http.Request
	// Body is the request's body, checked against the signature. It is valid
	// until the Direct returns.
	Body []byte
	// Writer takes the answer.
	Writer http.ResponseWriter
	// Caller is who signed.
	Caller aws.Caller
	// Label is the value of the path's only label.
	Label string
	// Started is when the head of the request had arrived.
	Started time.Time

	call *call
}

// Keep leaves Body valid for as long as somebody holds it.
func (x *Exchange) Keep() { x.call.keepBody = true }

// Direct has a REST operation of a mounted service answered by d, in place of an
// implementation. maxBody bounds its body in bytes, 0 for the server's limit.
func (s *Server) Direct(service, name string, maxBody int64, d Direct) error {
	for _, svc := range s.services {
		if svc.ID != service {
			continue
		}
		op := svc.operations[name]
		switch {
		case op == nil:
			return fmt.Errorf("wire: %s has no operation %s", service, name)
		case svc.Protocol != "rest-json" || labels(op.Path) != 1:
			return fmt.Errorf("wire: %s is no REST operation with one label", op.name())
		case op.impl != nil || op.direct != nil:
			return fmt.Errorf("wire: %s is implemented twice", op.name())
		}
		op.direct, op.maxBody = d, maxBody
		return nil
	}
	return fmt.Errorf("wire: %s is not mounted", service)
}

// direct calls whoever answers the operation by itself.
func (s *Server) direct(next handler) handler {
	return func(ctx context.Context, c *call) error {
		op := c.operation
		if op == nil || op.direct == nil {
			return next(ctx, c)
		}
		head := c.w
		// One allocation for both: this is the path that must be fast.
		own := &struct {
			recorder
			Exchange
		}{recorder{ResponseWriter: head, c: c}, Exchange{Request: c.r, Body: c.body, Caller: c.caller,
			Label: op.label(c.r.URL.Path), Started: c.started, call: c}}
		sent := &own.recorder
		c.w, own.Writer = sent, sent
		err := op.direct(ctx, &own.Exchange)
		switch {
		case err == nil:
			return nil
		case sent.wrote || errors.Is(err, http.ErrAbortHandler):
			var told *aws.Error
			switch {
			case errors.Is(err, http.ErrAbortHandler), ctx.Err() != nil:
				c.code = aws.RequestTimeout // what the envelope says of a client that is gone
			case errors.As(err, &told):
				c.code = told.Code
			default:
				c.code = aws.InternalFailure
				s.mask(ctx, c, err)
			}
			panic(http.ErrAbortHandler)
		}
		s.checkError(op, err)
		c.w = head
		return err
	}
}

// label is the value of the only label of the operation's path, which fits.
func (o *operation) label(path string) string {
	path = strings.Trim(path, "/")
	return path[len(o.prefix) : len(path)-len(o.suffix)]
}

// maxBodyOf is the limit of a call's body in bytes.
func (s *Server) maxBodyOf(c *call) int64 {
	if c.operation != nil && c.operation.maxBody > 0 {
		return c.operation.maxBody
	}
	return s.options.MaxBody
}

// IsDirect says whether a request of that method and path is for an operation that
// is answered by itself (Direct).
func (s *Server) IsDirect(method, path string) bool {
	for _, op := range s.rest {
		if op.direct != nil && op.Method == method && op.fits(path) {
			return true
		}
	}
	return false
}

// fits says whether the path is that of an operation with one label.
func (o *operation) fits(path string) bool {
	bare := strings.Trim(path, "/")
	return len(bare) > len(o.prefix)+len(o.suffix) && strings.HasPrefix(bare, o.prefix) && strings.HasSuffix(bare, o.suffix) &&
		!strings.Contains(bare[len(o.prefix):len(bare)-len(o.suffix)], "/")
}
