package iam

import (
	"context"
	"strings"

	api "github.com/sagebrush/sagebrush/api/iam"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// GetRole describes a role. One that nobody made springs into being, unless
// roles are strict; but the role that the caller acts in always exists, because
// programs ask for it by the name in their caller identity.
func (s *Service) GetRole(ctx context.Context, in *api.GetRoleInput) (*api.GetRoleOutput, error) {
	scope, name := aws.ScopeFrom(ctx), aws.Val(in.RoleName)
	var r *role
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		r, err = find(tx, scope.Account, name)
		return err
	})
	if err == nil && r == nil {
		if s.strict && !acts(ctx, name) {
			return nil, noRole(name)
		}
		err = s.db.Update(ctx, func(tx *store.Tx) (err error) {
			r, err = spring(tx, scope.Account, name, "/")
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	return &api.GetRoleOutput{Role: r.output(scope.Region)}, nil
}

// acts says whether the caller is a session of the role.
func acts(ctx context.Context, name string) bool {
	c, _ := aws.CallerFrom(ctx)
	a, ok := aws.ParseARN(c.ARN)
	p := strings.Split(a.Resource, "/")
	return ok && a.Service == "sts" && len(p) == 3 && p[0] == "assumed-role" && p[1] == name
}
