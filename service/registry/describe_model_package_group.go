package registry

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// DescribeModelPackageGroup answers the group by name or ARN.
func (s *Service) DescribeModelPackageGroup(ctx context.Context, in *sagemaker.DescribeModelPackageGroupInput) (*sagemaker.DescribeModelPackageGroupOutput, error) {
	g, err := groups.Read(ctx, s.Base, *in.ModelPackageGroupName)
	if err != nil {
		return nil, err
	}
	return &sagemaker.DescribeModelPackageGroupOutput{
		ModelPackageGroupName: &g.Name, ModelPackageGroupArn: &g.ARN, ModelPackageGroupDescription: g.Body.Description,
		CreationTime: &g.CreatedAt, CreatedBy: g.Body.CreatedBy, ModelPackageGroupStatus: g.Body.Status,
	}, nil
}
