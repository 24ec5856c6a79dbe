package monitoring

import (
	"context"
	"encoding/json"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// SetAlarmState puts an alarm into a state for a while: the data decide again after
// one period, or a minute where that is longer.
func (s *Service) SetAlarmState(ctx context.Context, in *api.SetAlarmStateInput) (*api.SetAlarmStateOutput, error) {
	data := aws.Val(in.StateReasonData)
	if data != "" && !json.Valid([]byte(data)) {
		return nil, aws.Errorf(invalidFormat, "StateReasonData is no JSON.")
	}
	err := s.changeAlarm(ctx, aws.Val(in.AlarmName), func(tx *store.Tx, a *Alarm) error {
		a.enter(tx.Now, in.StateValue, aws.Val(in.StateReason), data)
		a.HeldUntil = tx.Now.Add(min(a.period(), held))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &api.SetAlarmStateOutput{}, nil
}
