package iam

import (
	"context"
	"slices"
	"strings"

	api "github.com/sagebrush/sagebrush/api/iam"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// defaultItems is how many elements a page holds unless MaxItems says otherwise.
const defaultItems = 100

// ListAttachedRolePolicies lists a role's managed policies in order of ARN.
func (s *Service) ListAttachedRolePolicies(ctx context.Context, in *api.ListAttachedRolePoliciesInput) (*api.ListAttachedRolePoliciesOutput, error) {
	scope, name := aws.ScopeFrom(ctx), aws.Val(in.RoleName)
	var arns []string
	var known bool
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		r, err := find(tx, scope.Account, name)
		if err != nil || r == nil {
			return err
		}
		known = true
		arns, err = attached(tx, scope.Account, name)
		return err
	})
	if err == nil && !known {
		err = s.db.Update(ctx, func(tx *store.Tx) error {
			_, err := s.require(tx, scope.Account, name)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	out := &api.ListAttachedRolePoliciesOutput{AttachedPolicies: []*api.AttachedPolicy{}, IsTruncated: aws.Ptr(false)}
	for _, arn := range arns {
		if arn <= aws.Val(in.Marker) || !strings.HasPrefix(policyPath(arn), aws.Val(in.PathPrefix)) {
			continue
		}
		if len(out.AttachedPolicies) == items(in.MaxItems) {
			out.IsTruncated = aws.Ptr(true)
			out.Marker = out.AttachedPolicies[len(out.AttachedPolicies)-1].PolicyArn
			break
		}
		out.AttachedPolicies = append(out.AttachedPolicies, &api.AttachedPolicy{PolicyArn: aws.Ptr(arn), PolicyName: aws.Ptr(policyName(arn))})
	}
	return out, nil
}

// items is the size of a page.
func items(max *int32) int {
	if max == nil {
		return defaultItems
	}
	return int(*max)
}

// attached reads the ARNs of a role's policies in order.
func attached(tx *store.Tx, account, name string) (out []string, err error) {
	rows, err := tx.Query(`select arn from iam_role_policy where account = $1 and folded = $2`, account, strings.ToLower(name))
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	for rows.Next() {
		var arn string
		if err := rows.Scan(&arn); err != nil {
			return nil, err
		}
		out = append(out, arn)
	}
	// Sorted here: databases differ in the order of texts.
	slices.Sort(out)
	return out, rows.Err()
}
