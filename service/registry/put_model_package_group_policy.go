package registry

import (
	"context"
	"encoding/json"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// PutModelPackageGroupPolicy sets the group's resource policy, a JSON text (Co-4).
// It is kept and answered; it opens nothing, because accounts are isolated.
func (s *Service) PutModelPackageGroupPolicy(ctx context.Context, in *sagemaker.PutModelPackageGroupPolicyInput) (*sagemaker.PutModelPackageGroupPolicyOutput, error) {
	if err := checkPolicy(*in.ResourcePolicy); err != nil {
		return nil, err
	}
	var arn string
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		g, err := findForPolicy(tx, aws.ScopeFrom(ctx), *in.ModelPackageGroupName)
		if err != nil {
			return err
		}
		arn, g.Body.Policy = g.ARN, *in.ResourcePolicy
		return groups.Update(tx, g)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.PutModelPackageGroupPolicyOutput{ModelPackageGroupArn: &arn}, nil
}

// checkPolicy refuses what is no policy document. What its statements say is not
// looked at.
func checkPolicy(text string) error {
	var policy struct{ Version, Statement any }
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		return aws.Invalid("The ResourcePolicy is not a JSON object: %s.", err)
	}
	switch policy.Statement.(type) {
	case []any, map[string]any:
		return nil
	}
	return aws.Invalid("The ResourcePolicy is not a policy document: it has no Statement.")
}

// findForPolicy is groups.Find with the words that clients of the policy
// operations search for (Gen-3).
func findForPolicy(tx *store.Tx, scope aws.Scope, nameOrARN string) (*groupRow, error) {
	g, err := groups.Find(tx, scope, nameOrARN)
	if aws.CodeOf(err) == groups.Missing {
		return nil, aws.Invalid("Cannot find Model Package Group: %s", err.(*aws.Error).Message)
	}
	return g, err
}
