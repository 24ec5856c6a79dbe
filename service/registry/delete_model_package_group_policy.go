package registry

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteModelPackageGroupPolicy removes the policy; one that is not there is
// refused (Co-4).
func (s *Service) DeleteModelPackageGroupPolicy(ctx context.Context, in *sagemaker.DeleteModelPackageGroupPolicyInput) (*sagemaker.DeleteModelPackageGroupPolicyOutput, error) {
	_, err := groups.Change(ctx, s.Base, *in.ModelPackageGroupName, func(_ *store.Tx, g *groupRow) error {
		if g.Body.Policy == "" {
			return noPolicy(g)
		}
		g.Body.Policy = ""
		return nil
	})
	if err != nil {
		return nil, noGroup(err)
	}
	return &sagemaker.DeleteModelPackageGroupPolicyOutput{}, nil
}
