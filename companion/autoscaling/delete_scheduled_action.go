package autoscaling

import (
	"context"
	"errors"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteScheduledAction ends a scheduled action; the limits that it has set stay.
func (s *Service) DeleteScheduledAction(ctx context.Context, in *api.DeleteScheduledActionInput) (*api.DeleteScheduledActionOutput, error) {
	r, err := readResource(in.ServiceNamespace, *in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	return &api.DeleteScheduledActionOutput{}, s.DB.Update(ctx, func(tx *store.Tx) error {
		err := actions.Delete(tx, aws.ScopeFrom(ctx), child(r, *in.ScheduledActionName))
		if errors.Is(err, store.ErrNotFound) {
			return errNoAction(r, *in.ScheduledActionName)
		}
		return err
	})
}
