package autoscaling

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

var listPolicies = kit.NewList(policies, kit.ListOptions[api.DescribeScalingPoliciesInput, policy]{
	Own: []string{"PolicyNames", "ServiceNamespace", "ResourceId", "ScalableDimension"},
	Keep: func(in *api.DescribeScalingPoliciesInput) func(*store.Row[policy]) bool {
		return func(row *store.Row[policy]) bool {
			return among(in.PolicyNames, row.Body.Name) && row.Body.Resource.matches(in.ResourceId, in.ScalableDimension)
		}
	},
})

// DescribeScalingPolicies lists policies, the oldest first.
func (s *Service) DescribeScalingPolicies(ctx context.Context, in *api.DescribeScalingPoliciesInput) (*api.DescribeScalingPoliciesOutput, error) {
	rows, token, err := page(ctx, s, listPolicies, in, filters{in.ServiceNamespace, in.ResourceId, in.ScalableDimension, &in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &api.DescribeScalingPoliciesOutput{NextToken: token, ScalingPolicies: kit.Map(rows, func(row *store.Row[policy]) *api.ScalingPolicy {
		p := &row.Body
		return &api.ScalingPolicy{
			PolicyARN: &row.ARN, PolicyName: &p.Name, ServiceNamespace: api.ServiceNamespaceSagemaker, ResourceId: &p.Resource.ID,
			ScalableDimension: p.Resource.Dimension, PolicyType: p.Type, StepScalingPolicyConfiguration: p.Step,
			TargetTrackingScalingPolicyConfiguration: p.Target, Alarms: p.Alarms, CreationTime: &row.CreatedAt,
		}
	})}, nil
}
