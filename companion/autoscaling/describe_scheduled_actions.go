package autoscaling

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

var listActions = kit.NewList(actions, kit.ListOptions[api.DescribeScheduledActionsInput, action]{
	Own: []string{"ScheduledActionNames", "ServiceNamespace", "ResourceId", "ScalableDimension"},
	Keep: func(in *api.DescribeScheduledActionsInput) func(*store.Row[action]) bool {
		return func(row *store.Row[action]) bool {
			return among(in.ScheduledActionNames, row.Body.Name) && row.Body.Resource.matches(in.ResourceId, in.ScalableDimension)
		}
	},
})

// DescribeScheduledActions lists scheduled actions, the oldest first, also those that
// have run for the last time.
func (s *Service) DescribeScheduledActions(ctx context.Context, in *api.DescribeScheduledActionsInput) (*api.DescribeScheduledActionsOutput, error) {
	rows, token, err := page(ctx, s, listActions, in, filters{in.ServiceNamespace, in.ResourceId, in.ScalableDimension, &in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &api.DescribeScheduledActionsOutput{NextToken: token, ScheduledActions: kit.Map(rows, func(row *store.Row[action]) *api.ScheduledAction {
		a := &row.Body
		return &api.ScheduledAction{
			ScheduledActionName: &a.Name, ScheduledActionARN: &row.ARN, ServiceNamespace: api.ServiceNamespaceSagemaker, Schedule: &a.Schedule,
			Timezone: aws.Optional(a.Timezone), ResourceId: &a.Resource.ID, ScalableDimension: a.Resource.Dimension, StartTime: a.Start, EndTime: a.End,
			ScalableTargetAction: &api.ScalableTargetAction{MinCapacity: a.Min, MaxCapacity: a.Max}, CreationTime: &row.CreatedAt,
		}
	})}, nil
}
