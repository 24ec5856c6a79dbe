package monitoring

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteAlarms deletes alarms, all of them or none.
func (s *Service) DeleteAlarms(ctx context.Context, in *api.DeleteAlarmsInput) (*api.DeleteAlarmsOutput, error) {
	scope := aws.ScopeFrom(ctx)
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		gone := map[string]bool{}
		for _, name := range in.AlarmNames {
			if gone[name] {
				continue
			}
			r, err := findAlarm(tx, scope, name)
			switch {
			case err != nil:
				return err
			case r == nil:
				return noAlarm(name)
			}
			if err := alarms.Delete(tx, scope, name); err != nil {
				return err
			}
			gone[name] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &api.DeleteAlarmsOutput{}, nil
}
