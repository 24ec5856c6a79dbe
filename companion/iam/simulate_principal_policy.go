package iam

import (
	"context"
	"strconv"
	"strings"

	api "github.com/sagebrush/sagebrush/api/iam"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// SimulatePrincipalPolicy says what the principal may do, which here does not
// depend on policies: everything in its own account, nothing in another.
// Policies that are sent along are refused, see the package's documentation.
func (s *Service) SimulatePrincipalPolicy(ctx context.Context, in *api.SimulatePrincipalPolicyInput) (*api.SimulatePrincipalPolicyOutput, error) {
	scope := aws.ScopeFrom(ctx)
	if len(in.PolicyInputList)+len(in.PermissionsBoundaryPolicyInputList) > 0 || in.ResourcePolicy != nil {
		return nil, aws.Errorf(invalidInput, "Policies are not evaluated by this server, so the effect of PolicyInputList, PermissionsBoundaryPolicyInputList or ResourcePolicy cannot be simulated; leave them out.")
	}
	if err := s.checkPrincipal(ctx, scope, aws.Val(in.PolicySourceArn)); err != nil {
		return nil, err
	}
	skip, err := strconv.Atoi(aws.Val(in.Marker))
	if in.Marker != nil && (err != nil || skip < 1) {
		return nil, aws.Errorf(invalidInput, "Invalid Marker: pass the Marker of the previous answer.")
	}
	resources := in.ResourceArns
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	out := &api.SimulatePrincipalPolicyOutput{EvaluationResults: []*api.EvaluationResult{}, IsTruncated: aws.Ptr(false)}
	for i, action := range in.ActionNames {
		if service, name, ok := strings.Cut(action, ":"); !ok || service == "" || name == "" {
			return nil, aws.Errorf(invalidInput, "Invalid Input Action %s: an action is SERVICE:NAME, such as sagemaker:CreateTrainingJob.", action)
		}
		for j, resource := range resources {
			switch n := i*len(resources) + j; {
			case n < skip:
			case len(out.EvaluationResults) < items(in.MaxItems):
				out.EvaluationResults = append(out.EvaluationResults, &api.EvaluationResult{
					EvalActionName: aws.Ptr(action), EvalResourceName: aws.Ptr(resource), EvalDecision: decide(scope, resource),
					MatchedStatements: []*api.Statement{}, MissingContextValues: []string{},
				})
			case out.Marker == nil:
				out.IsTruncated, out.Marker = aws.Ptr(true), aws.Ptr(strconv.Itoa(n))
			}
		}
	}
	return out, nil
}

// decide is the truth about access: an account's principals may use what is
// theirs.
func decide(scope aws.Scope, resource string) api.PolicyEvaluationDecisionType {
	if a, ok := aws.ParseARN(resource); ok && a.Account != "" && a.Account != "*" && a.Account != "aws" && a.Account != scope.Account {
		return api.PolicyEvaluationDecisionTypeImplicitDeny
	}
	return api.PolicyEvaluationDecisionTypeAllowed
}

// checkPrincipal refuses what is no principal of the account.
func (s *Service) checkPrincipal(ctx context.Context, scope aws.Scope, arn string) error {
	a, ok := aws.ParseARN(arn)
	if !ok || a.Service != "iam" || a.Region != "" {
		return aws.Errorf(invalidInput, "Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
	}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	name := rest[strings.LastIndexByte(rest, '/')+1:]
	switch {
	case name == "" || kind != "role" && kind != "user" && kind != "group":
		return aws.Errorf(invalidInput, "Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
	case a.Account != scope.Account:
		return aws.Errorf(aws.NoSuchEntity, "The %s with name %s cannot be found in account %s.", kind, name, scope.Account)
	case kind != "role":
		return aws.Errorf(aws.NoSuchEntity, "The %s with name %s cannot be found.", kind, name)
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		_, err := s.require(tx, scope.Account, name)
		return err
	})
}
