package registry

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// GetModelPackageGroupPolicy answers the policy as it was put (Co-4).
func (s *Service) GetModelPackageGroupPolicy(ctx context.Context, in *sagemaker.GetModelPackageGroupPolicyInput) (*sagemaker.GetModelPackageGroupPolicyOutput, error) {
	g, err := groups.Read(ctx, s.Base, *in.ModelPackageGroupName)
	if err != nil {
		return nil, noGroup(err)
	}
	if g.Body.Policy == "" {
		return nil, noPolicy(g)
	}
	return &sagemaker.GetModelPackageGroupPolicyOutput{ResourcePolicy: &g.Body.Policy}, nil
}

// noPolicy refuses a group without a policy, in the words that clients search for
// (Gen-3).
func noPolicy(g *groupRow) error {
	return aws.Invalid("Cannot find resource policy for: %s. Put one with PutModelPackageGroupPolicy.", g.ARN)
}
