package registry

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// GetModelPackageGroupPolicy answers the policy as it was put (Co-4).
func (s *Service) GetModelPackageGroupPolicy(ctx context.Context, in *sagemaker.GetModelPackageGroupPolicyInput) (*sagemaker.GetModelPackageGroupPolicyOutput, error) {
	var policy string
	err := s.DB.View(ctx, func(tx *store.Tx) error {
		g, err := findForPolicy(tx, aws.ScopeFrom(ctx), *in.ModelPackageGroupName)
		if err != nil {
			return err
		}
		if policy = g.Body.Policy; policy == "" {
			return noPolicy(g)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.GetModelPackageGroupPolicyOutput{ResourcePolicy: &policy}, nil
}

// noPolicy refuses a group without a policy, in the words that clients search for
// (Gen-3).
func noPolicy(g *groupRow) error {
	return aws.Invalid("Cannot find resource policy for: %s. Put one with PutModelPackageGroupPolicy.", g.ARN)
}
