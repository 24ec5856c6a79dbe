package sts

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	api "github.com/sagebrush/sagebrush/api/sts"
	"github.com/sagebrush/sagebrush/aws"
)

// Codes of STS, which are not those of the JSON services.
const (
	accessDenied    aws.Code = "AccessDenied"
	validationError aws.Code = "ValidationError"
)

// defaultDuration is how long credentials last unless DurationSeconds says
// otherwise.
const defaultDuration = time.Hour

// AssumeRole issues temporary credentials for a role of the caller's account.
func (s *Service) AssumeRole(ctx context.Context, in *api.AssumeRoleInput) (*api.AssumeRoleOutput, error) {
	caller, _ := aws.CallerFrom(ctx)
	arn, session := aws.Val(in.RoleArn), aws.Val(in.RoleSessionName)
	role, ok := aws.ParseARN(arn)
	name := role.Resource[strings.LastIndexByte(role.Resource, '/')+1:]
	if !ok || role.Service != "iam" || !strings.HasPrefix(role.Resource, "role/") || name == "" {
		return nil, aws.Errorf(validationError, "%s is invalid: it is no ARN of a role, such as arn:aws:iam::%s:role/NAME.", arn, caller.Account)
	}
	if role.Account != caller.Account {
		return nil, denied(caller, arn)
	}
	id, longest, err := s.roles.Assume(ctx, caller.Scope, arn)
	var refusal *aws.Error
	if errors.As(err, &refusal) {
		return nil, denied(caller, arn)
	}
	if err != nil {
		return nil, err
	}
	d := min(defaultDuration, longest)
	if in.DurationSeconds != nil {
		d = time.Duration(*in.DurationSeconds) * time.Second
	}
	if d > longest {
		return nil, aws.Errorf(validationError, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	c, err := s.issue(ctx, caller.Scope, arn, session, d)
	if err != nil {
		return nil, err
	}
	return &api.AssumeRoleOutput{
		Credentials: &api.Credentials{
			AccessKeyId: aws.Ptr(c.AccessKeyID), SecretAccessKey: aws.Ptr(c.SecretAccessKey),
			SessionToken: aws.Ptr(c.SessionToken), Expiration: aws.Ptr(c.Expiration.UTC().Truncate(time.Second)),
		},
		AssumedRoleUser: &api.AssumedRoleUser{
			AssumedRoleId: aws.Ptr(id + ":" + session),
			Arn: aws.Ptr(aws.ARN{Partition: role.Partition, Service: "sts", Account: role.Account,
				Resource: "assumed-role/" + name + "/" + session}.String()),
		},
		SourceIdentity: in.SourceIdentity,
	}, nil
}

// denied is STS's one refusal for a role that the caller may not assume, also
// when it does not exist.
func denied(c aws.Caller, arn string) error {
	e := aws.Errorf(accessDenied, "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", c.ARN, arn)
	e.Status = http.StatusForbidden
	return e
}
