package monitoring

import (
	"context"
	"slices"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Acting is an alarm that is in ALARM.
type Acting struct {
	Name string
	// Beyond is the latest value less the threshold.
	Beyond float64
}

// Acting are the alarms that are in ALARM now and have an action among those of that
// state, by name; those whose actions are disabled do not act, and those without a
// value do not know how much is to be done.
func (s *Service) Acting(ctx context.Context, scope aws.Scope, action string) (list []Acting, err error) {
	var names []string
	if err := s.db.View(ctx, func(tx *store.Tx) error {
		names = nil
		rows, err := alarms.List(tx, scope, store.Query{SortBy: store.ByName})
		for _, r := range rows {
			if c := &r.Body.Config; aws.Val(c.ActionsEnabled) && slices.Contains(c.AlarmActions, action) {
				names = append(names, r.Name)
			}
		}
		return err
	}); err != nil || len(names) == 0 {
		return nil, err
	}
	if err := s.refresh(ctx, scope, names); err != nil {
		return nil, err
	}
	return list, s.db.View(ctx, func(tx *store.Tx) error {
		list = nil
		for _, name := range names {
			r, err := findAlarm(tx, scope, name)
			if err != nil {
				return err
			}
			if r == nil || r.Body.State != api.StateValueAlarm {
				continue
			}
			points, err := r.Body.points(tx, scope, r.Body.period())
			if err != nil {
				return err
			}
			for _, p := range slices.Backward(points) {
				if p.there {
					list = append(list, Acting{name, p.value - *r.Body.Config.Threshold})
					break
				}
			}
		}
		return nil
	})
}
