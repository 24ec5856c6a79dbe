package lineage

import (
	"context"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	graph "github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeLineageGroup answers the lineage group of the account and region (QL-10).
func (s *Service) DescribeLineageGroup(ctx context.Context, in *sagemaker.DescribeLineageGroupInput) (*sagemaker.DescribeLineageGroupOutput, error) {
	scope := aws.ScopeFrom(ctx)
	var created time.Time
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		created, err = findGroup(tx, scope, *in.LineageGroupName)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DescribeLineageGroupOutput{
		LineageGroupName: aws.Ptr(graph.GroupName), LineageGroupArn: groupARN(scope), Description: aws.Ptr(groupDescription),
		CreationTime: &created, CreatedBy: &sagemaker.UserContext{}, LastModifiedTime: &created, LastModifiedBy: &sagemaker.UserContext{},
	}, nil
}
