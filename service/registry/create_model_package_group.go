package registry

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// CreateModelPackageGroup adds a group without versions; it is Completed at once
// (Co-1).
func (s *Service) CreateModelPackageGroup(ctx context.Context, in *sagemaker.CreateModelPackageGroupInput) (*sagemaker.CreateModelPackageGroupOutput, error) {
	g := &groupRow{Scope: aws.ScopeFrom(ctx), Name: *in.ModelPackageGroupName}
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		g.Body = Group{
			Description: in.ModelPackageGroupDescription, CreatedBy: kit.UserContextWithIdentity(ctx),
			Status: sagemaker.ModelPackageGroupStatusPending,
		}
		if err := openGroup.Fire(&g.Body.Status, &g.Body, tx.Now); err != nil {
			return err
		}
		g.Status = string(g.Body.Status)
		return groups.Create(tx, s.Quotas, g, in.Tags)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateModelPackageGroupOutput{ModelPackageGroupArn: &g.ARN}, nil
}
