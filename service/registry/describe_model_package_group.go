package registry

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeModelPackageGroup answers the group by name or ARN.
func (s *Service) DescribeModelPackageGroup(ctx context.Context, in *sagemaker.DescribeModelPackageGroupInput) (*sagemaker.DescribeModelPackageGroupOutput, error) {
	var g *groupRow
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		g, err = groups.Find(tx, aws.ScopeFrom(ctx), *in.ModelPackageGroupName)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DescribeModelPackageGroupOutput{
		ModelPackageGroupName: &g.Name, ModelPackageGroupArn: &g.ARN, ModelPackageGroupDescription: g.Body.Description,
		CreationTime: &g.CreatedAt, CreatedBy: g.Body.CreatedBy, ModelPackageGroupStatus: g.Body.Status,
	}, nil
}
