package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/sagebrush/sagebrush/aws"
)

// fault is an error as it goes to the client.
type fault struct {
	code    aws.Code
	message string
	status  int
	// kind is "Sender" or "Receiver", who is to blame.
	kind string
	// shape is the name of the modelled exception, or the code where there is none.
	shape string
	// details are further members of the modelled exception.
	details map[string]any
}

// envelope turns an error into the answer that says so.
func (s *Server) envelope(next handler) handler {
	return func(ctx context.Context, c *call) error {
		err := next(ctx, c)
		if err == nil {
			return nil
		}
		f := s.fault(ctx, c, err)
		c.code, c.status = f.code, f.status
		b := s.buffers.get()
		b.data = c.protocol.fail(c, b.data, f)
		c.answer(b.data)
		s.buffers.put(b)
		return nil
	}
}

func (s *Server) fault(ctx context.Context, c *call, err error) fault {
	var e *aws.Error
	switch {
	case errors.As(err, &e):
		if e.Cause != nil {
			level := slog.LevelDebug
			if e.HTTPStatus() >= http.StatusInternalServerError {
				level = slog.LevelError
			}
			s.options.Logger.Log(ctx, level, "request refused", "id", c.id, "code", e.Code, "message", e.Message, "cause", e.Cause)
		}
	case c.r.Context().Err() != nil:
		e = &aws.Error{Code: aws.RequestTimeout, Message: "The request was cancelled."} // nobody reads it
	case diskFull(err) != nil:
		s.mask(ctx, c, err)
		e = diskFull(err)
	default:
		s.mask(ctx, c, err)
		e = &aws.Error{Code: aws.InternalFailure, Message: "The server failed to process the request. " +
			"The cause is in its log, under the request id " + c.id + "."}
	}
	f := fault{code: e.Code, message: e.Message, status: e.HTTPStatus(), kind: "Sender", shape: string(e.Code), details: e.Details}
	if c.operation != nil {
		if shape := c.operation.errors[e.Code]; shape != nil {
			f.shape = shape.Name
			if e.Status == 0 && shape.Error.Status != 0 {
				f.status = shape.Error.Status
			}
		}
	}
	if f.status >= http.StatusInternalServerError {
		f.kind = "Receiver"
	}
	return f
}

// mask logs what the client is not told.
func (s *Server) mask(ctx context.Context, c *call, err error) {
	service, operation, _ := c.labels()
	args := []any{"id", c.id, "service", service, "operation", operation, "error", err}
	var p *panicError
	if errors.As(err, &p) {
		args = append(args, "stack", string(p.stack))
	}
	s.options.Logger.ErrorContext(ctx, "internal error", args...)
}

// panicError is a panic that was caught.
type panicError struct {
	value any
	stack []byte
}

// Error implements error.
func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// recover makes an error of a panic; the connection and the server go on.
func (s *Server) recover(next handler) handler {
	return func(ctx context.Context, c *call) (err error) {
		defer func() {
			switch v := recover(); {
			case v == nil:
			case v == http.ErrAbortHandler:
				panic(v) // net/http's way to drop a connection
			case c.begun():
				s.mask(ctx, c, &panicError{v, debug.Stack()})
				panic(http.ErrAbortHandler) // an answer that has begun cannot become an error
			default:
				err = &panicError{v, debug.Stack()}
			}
		}()
		return next(ctx, c)
	}
}
