package autoscaling

import (
	"context"
	"errors"
	"time"

	"github.com/sagebrush/sagebrush/algo/schedule"
	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// maxActions is how many scheduled actions a target has.
const maxActions = 200

// PutScheduledAction changes the limits of a target at times, or replaces the action of
// that name; what the request leaves out stays, except that a new schedule forgets the
// old one's start and end.
func (s *Service) PutScheduledAction(ctx context.Context, in *api.PutScheduledActionInput) (*api.PutScheduledActionOutput, error) {
	r, err := readResource(in.ServiceNamespace, *in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	scope := aws.ScopeFrom(ctx)
	return &api.PutScheduledActionOutput{}, s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := registered(tx, scope, r); err != nil {
			return err
		}
		row, err := actions.Get(tx, scope, child(r, *in.ScheduledActionName))
		if errors.Is(err, store.ErrNotFound) {
			others, err := actions.Count(tx, scope, store.Query{Parent: r.key()})
			if err != nil {
				return err
			}
			if others == maxActions {
				return errLimit("scheduled actions", maxActions)
			}
			row = &store.Row[action]{Scope: scope, Name: child(r, *in.ScheduledActionName), Parent: r.key(), Body: action{Resource: r, Name: *in.ScheduledActionName},
				ARN: arn(scope, "autoscaling", "scheduledAction:"+newID()+":"+r.suffix()+":scheduledActionName/"+*in.ScheduledActionName)}
		} else if err != nil {
			return err
		}
		if err := row.Body.take(in, tx.Now); err != nil {
			return err
		}
		if err := put(tx, actions, row); err != nil {
			return err
		}
		return s.enqueue(tx, scope, r.key())
	})
}

// take fills an action from a request, or refuses it.
func (a *action) take(in *api.PutScheduledActionInput, now time.Time) error {
	if in.Schedule != nil {
		a.Schedule, a.Timezone, a.Start, a.End = *in.Schedule, "", nil, nil
	}
	if in.Timezone != nil {
		a.Timezone = *in.Timezone
	}
	if in.StartTime != nil {
		a.Start = in.StartTime
	}
	if in.EndTime != nil {
		a.End = in.EndTime
	}
	if do := in.ScalableTargetAction; do != nil {
		a.Min, a.Max = do.MinCapacity, do.MaxCapacity
	}
	switch {
	case a.Schedule == "":
		return aws.Invalid("The scheduled action %s needs a Schedule.", a.Name)
	case a.Min == nil && a.Max == nil:
		return aws.Invalid("The scheduled action %s needs a ScalableTargetAction with MinCapacity, MaxCapacity or both.", a.Name)
	case a.Min != nil && *a.Min < 0 || a.Max != nil && *a.Max < 0:
		return aws.Invalid("The capacities of the scheduled action %s cannot be below 0.", a.Name)
	case a.Min != nil && a.Max != nil && *a.Min > *a.Max:
		return aws.Invalid("Maximum capacity cannot be less than minimum capacity: they are %d and %d.", *a.Max, *a.Min)
	case a.Start != nil && a.End != nil && !a.Start.Before(*a.End):
		return aws.Invalid("The StartTime of the scheduled action %s is not before its EndTime.", a.Name)
	}
	when, zone, err := a.schedule()
	if err != nil {
		return err
	}
	a.Anchor = now
	if a.Start != nil {
		a.Anchor = *a.Start
	}
	a.Next = a.following(when, zone, now)
	if a.Next.IsZero() {
		return aws.Invalid("The scheduled action %s would never run: its time is in the past, or after its EndTime.", a.Name)
	}
	return nil
}

// schedule reads the action's schedule and zone.
func (a *action) schedule() (schedule.Schedule, *time.Location, error) {
	when, err := schedule.Parse(a.Schedule)
	if err != nil {
		return when, nil, aws.Invalid("The schedule of %s is not good: %s.", a.Name, err)
	}
	name := a.Timezone
	if name == "" {
		name = "UTC"
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return when, nil, aws.Invalid("%q is not a time zone of the IANA's table, such as Europe/Berlin.", name)
	}
	return when, zone, nil
}

// following is when the action runs next after a time, zero for never again.
func (a *action) following(when schedule.Schedule, zone *time.Location, after time.Time) time.Time {
	if a.Start != nil && a.Start.After(after) {
		after = a.Start.Add(-time.Microsecond) // the start itself counts
	}
	next := when.Next(after, a.Anchor, zone)
	if a.End != nil && next.After(*a.End) {
		return time.Time{}
	}
	return next.UTC()
}
