package monitoring

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// EnableAlarmActions has alarms act on what becomes of them. Names that do not exist
// are passed over.
func (s *Service) EnableAlarmActions(ctx context.Context, in *api.EnableAlarmActionsInput) (*api.EnableAlarmActionsOutput, error) {
	if err := s.act(ctx, in.AlarmNames, true); err != nil {
		return nil, err
	}
	return &api.EnableAlarmActionsOutput{}, nil
}

// act sets whether alarms act.
func (s *Service) act(ctx context.Context, names []string, on bool) error {
	scope := aws.ScopeFrom(ctx)
	return s.db.Update(ctx, func(tx *store.Tx) error {
		for _, name := range names {
			r, err := findAlarm(tx, scope, name)
			if err != nil {
				return err
			}
			if r == nil || *r.Body.Config.ActionsEnabled == on {
				continue
			}
			r.Body.Config.ActionsEnabled = &on
			r.Body.note(tx.Now, api.HistoryItemTypeConfigurationUpdate, "", "Alarm %q updated", name)
			if err := saveAlarm(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}
