package iam

import (
	"context"
	"strings"

	api "github.com/sagebrush/sagebrush/api/iam"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// CreateRole makes a role under a name that is not taken, whatever its case.
func (s *Service) CreateRole(ctx context.Context, in *api.CreateRoleInput) (*api.CreateRoleOutput, error) {
	scope := aws.ScopeFrom(ctx)
	r := &role{
		account: scope.Account, name: aws.Val(in.RoleName), path: "/",
		trust: aws.Val(in.AssumeRolePolicyDocument), description: aws.Val(in.Description),
		boundary: aws.Val(in.PermissionsBoundary), maxSession: defaultSession,
	}
	if in.Path != nil {
		r.path = *in.Path
	}
	if in.MaxSessionDuration != nil {
		r.maxSession = *in.MaxSessionDuration
	}
	if err := checkTrust(r.trust); err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	for _, t := range in.Tags {
		if k := strings.ToLower(aws.Val(t.Key)); seen[k] {
			return nil, aws.Errorf(invalidInput, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		} else {
			seen[k] = true
		}
		r.tags = append(r.tags, tag{aws.Val(t.Key), aws.Val(t.Value)})
	}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		made, err := insert(tx, r)
		if err == nil && !made {
			err = conflict(aws.EntityAlreadyExists, "Role with name %s already exists.", r.name)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &api.CreateRoleOutput{Role: r.output(scope.Region)}, nil
}
