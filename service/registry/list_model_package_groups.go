package registry

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
)

var listGroups = kit.NewList(groups.Table, kit.ListOptions[sagemaker.ListModelPackageGroupsInput, Group]{Strict: true})

// ListModelPackageGroups lists groups, the oldest first unless told otherwise (Co-1).
func (s *Service) ListModelPackageGroups(ctx context.Context, in *sagemaker.ListModelPackageGroupsInput) (*sagemaker.ListModelPackageGroupsOutput, error) {
	rows, next, err := listGroups.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListModelPackageGroupsOutput{NextToken: next, ModelPackageGroupSummaryList: kit.Map(rows, func(g *groupRow) *sagemaker.ModelPackageGroupSummary {
		return &sagemaker.ModelPackageGroupSummary{
			ModelPackageGroupName: &g.Name, ModelPackageGroupArn: &g.ARN, ModelPackageGroupDescription: g.Body.Description,
			CreationTime: &g.CreatedAt, ModelPackageGroupStatus: g.Body.Status,
		}
	})}, nil
}
