package monitoring

import (
	"context"
	"errors"
	"fmt"
	"time"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Alarm is what is stored of an alarm.
type Alarm struct {
	// Config is the request that made it, without tags.
	Config api.PutMetricAlarmInput
	// ConfiguredAt is the time of that request.
	ConfiguredAt time.Time
	State        api.StateValue
	// Reason says why it is in that state, ReasonData in JSON.
	Reason, ReasonData string
	// ReasonedAt is when the state or its reason were last set, TransitionedAt when
	// the state last became another.
	ReasonedAt, TransitionedAt time.Time
	// HeldUntil is until when a state that SetAlarmState has set stays.
	HeldUntil time.Time
	Tags      map[string]string `json:",omitempty"`
	// History is what happened to it, the latest last.
	History []event `json:",omitempty"`
}

// event is an entry of an alarm's history.
type event struct {
	At            time.Time
	Type          api.HistoryItemType
	Summary, Data string
}

const (
	// maxHistory is how much of an alarm's history is kept.
	maxHistory = 100
	// held is how long a state that SetAlarmState has set stays at most: the next
	// evaluation on AWS is no later (SetAlarmState).
	held = time.Minute
)

var alarms = store.NewTable[Alarm]("alarm")

type alarmRow = store.Row[Alarm]

func alarmARN(scope aws.Scope, name string) string {
	return fmt.Sprintf("arn:aws:cloudwatch:%s:%s:alarm:%s", scope.Region, scope.Account, name)
}

func (a *Alarm) note(at time.Time, t api.HistoryItemType, data, summary string, args ...any) {
	a.History = append(a.History, event{at, t, fmt.Sprintf(summary, args...), data})
	a.History = a.History[max(0, len(a.History)-maxHistory):]
}

// enter puts the alarm into a state.
func (a *Alarm) enter(at time.Time, state api.StateValue, reason, data string) {
	if a.State != state {
		a.note(at, api.HistoryItemTypeStateUpdate, mustMap(map[string]any{
			"version":  "1.0",
			"oldState": map[string]any{"stateValue": a.State, "stateReason": a.Reason},
			"newState": map[string]any{"stateValue": state, "stateReason": reason},
		}), "Alarm updated from %s to %s", a.State, state)
		a.TransitionedAt = at
	}
	a.State, a.Reason, a.ReasonData, a.ReasonedAt = state, reason, data, at
}

// InAlarm is the first of these alarms that is in ALARM now, "" for none.
func (s *Service) InAlarm(ctx context.Context, scope aws.Scope, names []string) (string, error) {
	var first string
	return first, s.eachAlarm(ctx, scope, names, func(name string, r *alarmRow) {
		if first == "" && r != nil && r.Body.State == api.StateValueAlarm {
			first = name
		}
	})
}

// Missing are those of these alarms that do not exist.
func (s *Service) Missing(ctx context.Context, scope aws.Scope, names []string) (missing []string, err error) {
	err = s.eachAlarm(ctx, scope, names, func(name string, r *alarmRow) {
		if r == nil {
			missing = append(missing, name)
		}
	})
	return missing, err
}

// eachAlarm calls f with alarms as they are now, nil for one that does not exist.
func (s *Service) eachAlarm(ctx context.Context, scope aws.Scope, names []string, f func(name string, r *alarmRow)) error {
	if err := s.refresh(ctx, scope, names); err != nil {
		return err
	}
	return s.db.View(ctx, func(tx *store.Tx) error {
		for _, name := range names {
			r, err := findAlarm(tx, scope, name)
			if err != nil {
				return err
			}
			f(name, r)
		}
		return nil
	})
}

// findAlarm is nil for an alarm that does not exist.
func findAlarm(tx *store.Tx, scope aws.Scope, name string) (*alarmRow, error) {
	if !printable(name) {
		return nil, nil
	}
	r, err := alarms.Get(tx, scope, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return r, err
}

// changeAlarm changes one alarm, which must exist.
func (s *Service) changeAlarm(ctx context.Context, name string, f func(tx *store.Tx, a *Alarm) error) error {
	scope := aws.ScopeFrom(ctx)
	return s.db.Update(ctx, func(tx *store.Tx) error {
		r, err := findAlarm(tx, scope, name)
		switch {
		case err != nil:
			return err
		case r == nil:
			return noAlarm(name)
		}
		if err := f(tx, &r.Body); err != nil {
			return err
		}
		return saveAlarm(tx, r)
	})
}

func saveAlarm(tx *store.Tx, r *alarmRow) error {
	r.Status = string(r.Body.State)
	return alarms.Update(tx, r)
}

func noAlarm(name string) error {
	return aws.Errorf(aws.ResourceNotFound, "There is no alarm with the name %s.", name)
}

// describeAlarm prints an alarm.
func describeAlarm(r *alarmRow) *api.MetricAlarm {
	a, c := &r.Body, &r.Body.Config
	return &api.MetricAlarm{
		AlarmName: &r.Name, AlarmArn: &r.ARN, AlarmDescription: c.AlarmDescription, AlarmConfigurationUpdatedTimestamp: &a.ConfiguredAt,
		ActionsEnabled: c.ActionsEnabled, OKActions: all(c.OKActions), AlarmActions: all(c.AlarmActions), InsufficientDataActions: all(c.InsufficientDataActions),
		StateValue: a.State, StateReason: &a.Reason, StateReasonData: aws.Optional(a.ReasonData), StateUpdatedTimestamp: &a.ReasonedAt, StateTransitionedTimestamp: &a.TransitionedAt,
		MetricName: c.MetricName, Namespace: c.Namespace, Statistic: c.Statistic, ExtendedStatistic: c.ExtendedStatistic, Dimensions: all(c.Dimensions),
		Period: c.Period, Unit: c.Unit, EvaluationPeriods: c.EvaluationPeriods, DatapointsToAlarm: c.DatapointsToAlarm, Threshold: c.Threshold,
		ComparisonOperator: c.ComparisonOperator, TreatMissingData: c.TreatMissingData, EvaluateLowSampleCountPercentile: c.EvaluateLowSampleCountPercentile,
		Metrics: c.Metrics,
	}
}

// all is a list that is there, also when it is empty: clients read these unasked.
func all[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
