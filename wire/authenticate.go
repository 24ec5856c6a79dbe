package wire

import (
	"context"

	"github.com/sagebrush/sagebrush/aws"
)

// authenticate verifies the signature and puts the caller into the context.
func (s *Server) authenticate(next handler) handler {
	return func(ctx context.Context, c *call) error {
		signed, err := s.verifier.VerifyBody(c.r, c.body, s.options.Now())
		if err != nil {
			return err
		}
		if c.service != nil && signed.Service != c.service.SigningName {
			return aws.Errorf(aws.InvalidSignatureException, "Credential should be scoped to correct service: '%s'.", c.service.SigningName)
		}
		c.caller = signed.Caller
		return next(aws.WithCaller(ctx, signed.Caller), c)
	}
}
