package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// GetLineageGroupPolicy says that the group has no policy: no operation gives it
// one, and accounts are isolated (QL-10).
func (s *Service) GetLineageGroupPolicy(ctx context.Context, in *sagemaker.GetLineageGroupPolicyInput) (*sagemaker.GetLineageGroupPolicyOutput, error) {
	scope := aws.ScopeFrom(ctx)
	err := s.DB.View(ctx, func(tx *store.Tx) error {
		_, err := findGroup(tx, scope, *in.LineageGroupName)
		return err
	})
	if err != nil {
		return nil, err
	}
	return nil, aws.Errorf(aws.ResourceNotFound, "Cannot find resource policy for: %s. Lineage is not shared between accounts.", *groupARN(scope))
}
