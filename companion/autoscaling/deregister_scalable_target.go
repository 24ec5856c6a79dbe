package autoscaling

import (
	"context"
	"errors"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeregisterScalableTarget ends the scaling of a variant: its policies and scheduled
// actions go, its instances and its activities stay.
func (s *Service) DeregisterScalableTarget(ctx context.Context, in *api.DeregisterScalableTargetInput) (*api.DeregisterScalableTargetOutput, error) {
	r, err := readResource(in.ServiceNamespace, *in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	if err := s.deregister(ctx, aws.ScopeFrom(ctx), r.key()); errors.Is(err, store.ErrNotFound) {
		return nil, errNoTarget(r)
	} else if err != nil {
		return nil, err
	}
	return &api.DeregisterScalableTargetOutput{}, nil
}

// deregister removes a target; store.ErrNotFound when there is none.
func (s *Service) deregister(ctx context.Context, scope aws.Scope, key string) error {
	var alarms []string
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		row, err := targets.Get(tx, scope, key)
		if err != nil {
			return err
		}
		if c := row.Body.Change; c != nil {
			if err := end(tx, scope, c.Activity, api.ScalingActivityStatusCodeUnfulfilled, "The scalable target was deregistered."); err != nil {
				return err
			}
		}
		alarms, err = drop(tx, row)
		return err
	})
	if err != nil {
		return err
	}
	return s.dropAlarms(ctx, scope, alarms)
}

// dropAlarms removes alarms of policies that are gone.
func (s *Service) dropAlarms(ctx context.Context, scope aws.Scope, names []string) error {
	if s.Alarms == nil || len(names) == 0 {
		return nil
	}
	return s.Alarms.Delete(ctx, scope, names)
}
