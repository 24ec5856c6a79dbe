package iam

import (
	"context"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// EnsureRole is for services that are handed a role: it makes sure that
// the role exists in the account of scope, letting it spring into being unless
// roles are strict. The refusal, a ValidationException, is for the user.
func (s *Service) EnsureRole(tx *store.Tx, scope aws.Scope, arn string) error {
	_, err := s.ensure(tx, scope, arn)
	return err
}

// ensure is EnsureRole that answers the role.
func (s *Service) ensure(tx *store.Tx, scope aws.Scope, arn string) (*role, error) {
	account, path, name, ok := splitARN(arn)
	if !ok {
		return nil, aws.Invalid("Could not assume role %s: it is no ARN of a role, such as arn:aws:iam::%s:role/NAME.", arn, scope.Account)
	}
	if account != scope.Account {
		return nil, aws.Invalid("Could not assume role %s: cross-account pass role is not allowed, use a role of account %s.", arn, scope.Account)
	}
	if !s.strict {
		return spring(tx, account, name, path)
	}
	r, err := find(tx, account, name)
	if err == nil && (r == nil || r.path != path) {
		err = aws.Invalid("Could not assume role %s. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.", arn)
	}
	return r, err
}

// Assume is for sts: the unique id of the role, and for how long one session of
// it may last. It refuses as EnsureRole does.
func (s *Service) Assume(ctx context.Context, scope aws.Scope, arn string) (id string, longest time.Duration, err error) {
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		r, err := s.ensure(tx, scope, arn)
		if err == nil {
			id, longest = r.id, time.Duration(r.maxSession)*time.Second
		}
		return err
	})
	return id, longest, err
}
