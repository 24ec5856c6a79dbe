package autoscaling

import (
	"context"
	"errors"
	"time"

	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// The pauses of a target's task: while a change is under way, otherwise at most, and
// after a change that the endpoint refused.
const (
	hurried  = 500 * time.Millisecond
	relaxed  = 5 * time.Second
	rejected = 10 * time.Second
)

// scale looks at a target once. It is the handler of the target's task, which ends when
// there is no target any more.
func (s *Service) scale(ctx context.Context, t *task.Task) error {
	var w work
	if err := t.Decode(&w); err != nil {
		return task.Cancel(err)
	}
	pause, err := s.round(ctx, w.scope(), w.Key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case errors.Is(err, store.ErrStale):
		return task.RetryAfter(0, nil)
	case err != nil:
		return err
	}
	return task.RetryAfter(pause, nil)
}

// situation is what a target's task finds.
type situation struct {
	row     *store.Row[target]
	list    []*store.Row[policy]
	variant Variant
	// read is what the policies go by, end where the last minute of it ends.
	read map[string]measured
	end  time.Time
}

// round does what is to do now, and says when to look again; store.ErrNotFound when
// the target is gone.
func (s *Service) round(ctx context.Context, scope aws.Scope, key string) (time.Duration, error) {
	var x situation
	var due time.Time
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		if x.row, err = targets.Get(tx, scope, key); err != nil {
			return err
		}
		if due, err = nextAction(tx, x.row); err != nil {
			return err
		}
		x.list, err = of(tx, policies, scope, key)
		return err
	})
	if err != nil {
		return 0, err
	}
	if x.variant, err = s.Variants.Variant(ctx, scope, x.row.Body.Resource.Endpoint, x.row.Body.Resource.Variant); err != nil {
		return 0, err
	}
	if x.variant.Gone {
		return 0, errors.Join(s.deregister(ctx, scope, key), store.ErrNotFound)
	}
	if c := x.row.Body.Change; c != nil {
		return s.proceed(ctx, x.row, c, x.variant)
	}
	if x.variant.Steady {
		x.read, x.end = s.measure(ctx, x.row, x.list)
	}
	now := s.Now()
	pause := min(s.Period, relaxed)
	switch late := !due.IsZero() && !due.After(now); {
	case !late && !due.IsZero():
		pause = min(pause, due.Sub(now))
		fallthrough
	case !late:
		if !x.variant.Steady || s.decide(&x.row.Body, x.list, x.read, now, x.end, x.variant.Instances) == nil {
			return pause, nil
		}
	}
	row, err := s.act(ctx, &x)
	switch {
	case err != nil:
		return 0, err
	case row.Body.Change == nil:
		return 0, nil
	}
	return s.proceed(ctx, row, row.Body.Change, x.variant)
}

// act runs the scheduled actions that are due, or notes the change that is needed if
// there are none: what follows from new limits comes after them, and with a later time.
func (s *Service) act(ctx context.Context, x *situation) (row *store.Row[target], err error) {
	scope, key := x.row.Scope, x.row.Name
	return row, s.DB.Update(ctx, func(tx *store.Tx) error {
		if row, err = targets.Get(tx, scope, key); err != nil {
			return err
		}
		ran, err := s.runActions(tx, row, x.variant.least())
		if err != nil {
			return err
		}
		if !ran && x.variant.Steady && row.Body.Change == nil {
			list, err := of(tx, policies, scope, key)
			if err != nil {
				return err
			}
			if d := s.decide(&row.Body, list, x.read, tx.Now, x.end, x.variant.Instances); d != nil {
				if err := row.Body.begin(tx, scope, d, x.variant.Instances); err != nil {
					return err
				}
			}
		}
		return targets.Update(tx, row)
	})
}

// begin notes a change with its activity.
func (t *target) begin(tx *store.Tx, scope aws.Scope, d *decision, current int) error {
	name, err := begin(tx, scope, activity{
		Resource: t.Resource, Cause: d.Cause, Status: api.ScalingActivityStatusCodePending,
		Description: "Setting desired instance count to " + count(d.To) + ".",
	})
	t.Change = &change{decision: *d, Activity: name, From: current}
	return err
}

// proceed carries a change on: it asks the endpoint for it, or looks how it went.
func (s *Service) proceed(ctx context.Context, row *store.Row[target], c *change, v Variant) (time.Duration, error) {
	switch {
	case c.Sent && !v.Steady:
		return min(s.Period, hurried), nil
	case c.Sent || v.Instances == c.To && v.Steady:
		status, message := statusOf(c, v)
		return 0, s.finish(ctx, row, c, status, message)
	case v.Instances == c.To: // asked for by a server that died then
	case !v.Steady: // somebody else changes the endpoint
		return min(s.Period, hurried), nil
	default:
		err := s.Variants.SetInstances(ctx, row.Scope, row.Body.Resource.Endpoint, row.Body.Resource.Variant, c.To)
		if no := (*aws.Error)(nil); errors.As(err, &no) {
			return rejected, s.finish(ctx, row, c, api.ScalingActivityStatusCodeFailed, refusal(c, no))
		} else if err != nil {
			return 0, err
		}
	}
	return min(s.Period, hurried), s.changed(ctx, row, c, func(tx *store.Tx, fresh *store.Row[target]) error {
		fresh.Body.Change.Sent = true
		a, err := activities.Get(tx, row.Scope, c.Activity)
		if err != nil {
			return err
		}
		a.Body.Status = api.ScalingActivityStatusCodeInProgress
		return activities.Update(tx, a)
	})
}

// finish ends a change. The cooldowns of the policies that decided begin if it worked.
func (s *Service) finish(ctx context.Context, row *store.Row[target], c *change, status api.ScalingActivityStatusCode, message string) error {
	return s.changed(ctx, row, c, func(tx *store.Tx, fresh *store.Row[target]) error {
		fresh.Body.Change, fresh.Body.Changed = nil, tx.Now
		if err := end(tx, row.Scope, c.Activity, status, message); err != nil || status != api.ScalingActivityStatusCodeSuccessful {
			return err
		}
		if c.To > c.From {
			fresh.Body.Grown = tx.Now
		}
		for _, name := range c.Policies {
			p, err := policies.Get(tx, row.Scope, name)
			if errors.Is(err, store.ErrNotFound) {
				continue // deleted meanwhile
			} else if err != nil {
				return err
			}
			switch {
			case c.Memory != nil:
				p.Body.Memory = *c.Memory
				p.Body.Memory.At = tx.Now
			case c.To > c.From:
				p.Body.State.Out = tx.Now
			default:
				p.Body.State.In = tx.Now
			}
			if err := policies.Update(tx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// changed saves what do makes of a target whose change is still c.
func (s *Service) changed(ctx context.Context, row *store.Row[target], c *change, do func(tx *store.Tx, fresh *store.Row[target]) error) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		fresh, err := targets.Get(tx, row.Scope, row.Name)
		if err != nil {
			return err
		}
		if fresh.Body.Change == nil || fresh.Body.Change.Activity != c.Activity {
			return store.ErrStale
		}
		if err := do(tx, fresh); err != nil {
			return err
		}
		return targets.Update(tx, fresh)
	})
}
