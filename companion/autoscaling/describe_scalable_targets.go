package autoscaling

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

var listTargets = kit.NewList(targets, kit.ListOptions[api.DescribeScalableTargetsInput, target]{
	Own: []string{"ServiceNamespace", "ResourceIds", "ScalableDimension"},
	Keep: func(in *api.DescribeScalableTargetsInput) func(*store.Row[target]) bool {
		return func(row *store.Row[target]) bool {
			return among(in.ResourceIds, row.Body.Resource.ID) && row.Body.Resource.matches(nil, in.ScalableDimension)
		}
	},
})

// DescribeScalableTargets lists what is registered, the oldest first.
func (s *Service) DescribeScalableTargets(ctx context.Context, in *api.DescribeScalableTargetsInput) (*api.DescribeScalableTargetsOutput, error) {
	f := filters{namespace: in.ServiceNamespace, dimension: in.ScalableDimension, max: &in.MaxResults, token: in.NextToken}
	if len(in.ResourceIds) > 0 {
		f.resource = &in.ResourceIds[0]
	}
	rows, token, err := page(ctx, s, listTargets, in, f)
	if err != nil {
		return nil, err
	}
	return &api.DescribeScalableTargetsOutput{NextToken: token, ScalableTargets: kit.Map(rows, func(row *store.Row[target]) *api.ScalableTarget {
		t := &row.Body
		return &api.ScalableTarget{
			ServiceNamespace: api.ServiceNamespaceSagemaker, ResourceId: &t.Resource.ID, ScalableDimension: t.Resource.Dimension,
			MinCapacity: aws.Ptr(int32(t.Min)), MaxCapacity: aws.Ptr(int32(t.Max)), RoleARN: &t.RoleARN,
			CreationTime: &row.CreatedAt, SuspendedState: &t.Suspended, ScalableTargetARN: &row.ARN,
		}
	})}, nil
}
