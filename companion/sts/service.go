package sts

import (
	"context"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// Credentials are temporary.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
	Expiration                                 time.Time
}

// Issuer makes temporary credentials for a session of a role. Package identity
// is behind it.
type Issuer func(ctx context.Context, scope aws.Scope, roleARN, session string, d time.Duration) (Credentials, error)

// Roles knows the roles of an account. Package iam is behind it.
type Roles interface {
	// Assume gives the role's unique id and how long a session of it may last.
	// Its refusal is an *aws.Error.
	Assume(ctx context.Context, scope aws.Scope, arn string) (id string, longest time.Duration, err error)
}

// Service implements the operations. It is safe for concurrent use.
type Service struct {
	issue Issuer
	roles Roles
}

// New makes the service.
func New(issue Issuer, roles Roles) *Service { return &Service{issue: issue, roles: roles} }
