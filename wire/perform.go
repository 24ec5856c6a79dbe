package wire

import (
	"context"
	"errors"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/wire/validate"
)

// bind settles which operation the request names.
func (s *Server) bind(next handler) handler {
	return func(ctx context.Context, c *call) error {
		if err := s.inflate(c); err != nil {
			return err
		}
		if err := c.protocol.bind(c); err != nil {
			return err
		}
		if c.operation == nil {
			return aws.Errorf(aws.UnknownOperationException, "%s has no operation '%s' in this revision (%s); docs/coverage.md lists all.",
				c.service.ID, clip(c.opName), c.service.APIVersion)
		}
		return next(ctx, c)
	}
}

// decode makes the operation's input of the request.
func (s *Server) decode(next handler) handler {
	return func(ctx context.Context, c *call) error {
		c.in = c.operation.NewInput()
		if err := c.protocol.decode(c); err != nil {
			return err
		}
		return next(ctx, c)
	}
}

// validate holds the input against the model's constraints.
func (s *Server) validate(next handler) handler {
	return func(ctx context.Context, c *call) error {
		if c.operation.Input != nil {
			if err := validate.Input(c.operation.Input, c.in); err != nil {
				return err
			}
		}
		return next(ctx, c)
	}
}

// perform calls the implementation and sends what it answers.
func (s *Server) perform(handler) handler {
	return func(ctx context.Context, c *call) error {
		op := c.operation
		if op.impl == nil {
			return aws.Errorf(aws.UnsupportedOperation, "Sagebrush does not implement %s yet; see docs/coverage.md.", op.Name)
		}
		out, err := op.Call(ctx, op.impl, c.in)
		if err != nil {
			s.checkError(op, err)
			return err
		}
		c.out, c.status = out, op.Status
		if c.status == 0 {
			c.status = 200
		}
		b := s.buffers.get()
		defer s.buffers.put(b)
		if b.data, err = c.protocol.encode(c, b.data); err != nil {
			return err
		}
		c.answer(b.data)
		return nil
	}
}

// checkError reports codes that the operation's model does not promise.
func (s *Server) checkError(op *operation, err error) {
	var e *aws.Error
	if s.options.CheckErrors == nil || !errors.As(err, &e) || common(e.Code) || op.errors[e.Code] != nil {
		return
	}
	s.options.CheckErrors(op.name(), e.Code)
}

// common are the codes that any operation may answer without listing them.
func common(code aws.Code) bool {
	switch code {
	case aws.ValidationException, aws.ValidationError, aws.AccessDeniedException, aws.ExpiredTokenException, aws.IncompleteSignature,
		aws.InternalFailure, aws.InvalidSignatureException, aws.MissingAuthenticationToken, aws.RequestEntityTooLarge,
		aws.RequestTimeout, aws.SerializationException, aws.ServiceUnavailable, aws.ThrottlingException,
		aws.UnknownOperationException, aws.UnrecognizedClientException, aws.UnsupportedOperation:
		return true
	}
	return false
}
