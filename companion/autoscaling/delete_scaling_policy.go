package autoscaling

import (
	"context"
	"errors"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteScalingPolicy ends a policy; the alarms of target tracking go with it, those
// that users made for steps stay.
func (s *Service) DeleteScalingPolicy(ctx context.Context, in *api.DeleteScalingPolicyInput) (*api.DeleteScalingPolicyOutput, error) {
	r, err := readResource(in.ServiceNamespace, *in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	scope := aws.ScopeFrom(ctx)
	var alarms []string
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		row, err := policies.Get(tx, scope, child(r, *in.PolicyName))
		if errors.Is(err, store.ErrNotFound) {
			return errNoPolicy(r, *in.PolicyName)
		} else if err != nil {
			return err
		}
		alarms = row.Body.alarms()
		return policies.Delete(tx, scope, row.Name)
	})
	if err != nil {
		return nil, err
	}
	return &api.DeleteScalingPolicyOutput{}, s.dropAlarms(ctx, scope, alarms)
}
