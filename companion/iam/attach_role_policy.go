package iam

import (
	"context"
	"regexp"
	"strings"
	"sync"

	api "github.com/sagebrush/sagebrush/api/iam"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// maxPolicies is IAM's default quota of managed policies a role.
const maxPolicies = 10

// policyARN is the form of a managed policy's ARN; the group is its owner. It is
// made when first used, see roleResource.
var policyARN = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:aws[a-z-]*:iam::(aws|\d{12}):policy/(?:[!-~]{1,510}/)?[\w+=,.@-]{1,128}$`)
})

// AttachRolePolicy notes that a managed policy of AWS or of the account goes
// with the role. Attaching again changes nothing.
func (s *Service) AttachRolePolicy(ctx context.Context, in *api.AttachRolePolicyInput) (*api.AttachRolePolicyOutput, error) {
	scope, name, arn := aws.ScopeFrom(ctx), aws.Val(in.RoleName), aws.Val(in.PolicyArn)
	m := policyARN().FindStringSubmatch(arn)
	if m == nil {
		return nil, aws.Errorf(invalidInput, "ARN %s is not valid.", arn)
	}
	if owner := m[1]; owner != "aws" && owner != scope.Account {
		return nil, aws.Errorf(aws.NoSuchEntity, "Policy %s does not exist or is not attachable.", arn)
	}
	return &api.AttachRolePolicyOutput{}, s.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := s.require(tx, scope.Account, name); err != nil {
			return err
		}
		if _, err := tx.Exec(`insert into iam_role_policy (account, folded, arn) values ($1, $2, $3)
			on conflict (account, folded, arn) do nothing`, scope.Account, strings.ToLower(name), arn); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(`select count(*) from iam_role_policy where account = $1 and folded = $2`,
			scope.Account, strings.ToLower(name)).Scan(&n); err != nil {
			return err
		}
		if n > maxPolicies {
			return conflict(limitExceeded, "Cannot exceed quota for PoliciesPerRole: %d", maxPolicies)
		}
		return nil
	})
}

// policyName is the last part of a managed policy's ARN.
func policyName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// policyPath is the path of a managed policy, "/" or "/…/".
func policyPath(arn string) string {
	_, resource, _ := strings.Cut(arn, ":policy/")
	return "/" + resource[:strings.LastIndexByte(resource, '/')+1]
}
