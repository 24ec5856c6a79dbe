package registry

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteModelPackageGroupPolicy removes the policy; one that is not there is
// refused (Co-4).
func (s *Service) DeleteModelPackageGroupPolicy(ctx context.Context, in *sagemaker.DeleteModelPackageGroupPolicyInput) (*sagemaker.DeleteModelPackageGroupPolicyOutput, error) {
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		g, err := findForPolicy(tx, aws.ScopeFrom(ctx), *in.ModelPackageGroupName)
		if err != nil {
			return err
		}
		if g.Body.Policy == "" {
			return noPolicy(g)
		}
		g.Body.Policy = ""
		return groups.Update(tx, g)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteModelPackageGroupPolicyOutput{}, nil
}
