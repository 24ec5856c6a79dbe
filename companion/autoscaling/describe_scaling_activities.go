package autoscaling

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

var listActivities = kit.NewList(activities, kit.ListOptions[api.DescribeScalingActivitiesInput, activity]{
	Descending: true, Own: []string{"ServiceNamespace", "ResourceId", "ScalableDimension", "IncludeNotScaledActivities"},
	Keep: func(in *api.DescribeScalingActivitiesInput) func(*store.Row[activity]) bool {
		return func(row *store.Row[activity]) bool {
			return row.Body.Resource.matches(in.ResourceId, in.ScalableDimension)
		}
	},
})

// DescribeScalingActivities lists what scaling did in the last six weeks, the latest
// first, also of targets that are deregistered by now.
func (s *Service) DescribeScalingActivities(ctx context.Context, in *api.DescribeScalingActivitiesInput) (*api.DescribeScalingActivitiesOutput, error) {
	rows, token, err := page(ctx, s, listActivities, in, filters{in.ServiceNamespace, in.ResourceId, in.ScalableDimension, &in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &api.DescribeScalingActivitiesOutput{NextToken: token, ScalingActivities: kit.Map(rows, func(row *store.Row[activity]) *api.ScalingActivity {
		a := &row.Body
		return &api.ScalingActivity{
			ActivityId: &row.Name, ServiceNamespace: api.ServiceNamespaceSagemaker, ResourceId: &a.Resource.ID, ScalableDimension: a.Resource.Dimension,
			Description: &a.Description, Cause: &a.Cause, StartTime: &a.Started, EndTime: a.Ended, StatusCode: a.Status, StatusMessage: aws.Optional(a.Message),
		}
	})}, nil
}
