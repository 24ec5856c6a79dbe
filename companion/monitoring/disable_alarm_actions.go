package monitoring

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/monitoring"
)

// DisableAlarmActions has alarms change their state and do nothing else. Names that
// do not exist are passed over.
func (s *Service) DisableAlarmActions(ctx context.Context, in *api.DisableAlarmActionsInput) (*api.DisableAlarmActionsOutput, error) {
	if err := s.act(ctx, in.AlarmNames, false); err != nil {
		return nil, err
	}
	return &api.DisableAlarmActionsOutput{}, nil
}
