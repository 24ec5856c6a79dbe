package sts

import (
	"context"
	"fmt"

	api "github.com/sagebrush/sagebrush/api/sts"
	"github.com/sagebrush/sagebrush/aws"
)

// GetCallerIdentity says who signed the request.
func (s *Service) GetCallerIdentity(ctx context.Context, _ *api.GetCallerIdentityInput) (*api.GetCallerIdentityOutput, error) {
	c, ok := aws.CallerFrom(ctx)
	if !ok {
		return nil, fmt.Errorf("sts: a request without a caller")
	}
	return &api.GetCallerIdentityOutput{UserId: aws.Ptr(c.UserID), Account: aws.Ptr(c.Account), Arn: aws.Ptr(c.ARN)}, nil
}
