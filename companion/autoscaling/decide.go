package autoscaling

import (
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/algo/scaling"
	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// decision is how many instances there are to be, and why.
type decision struct {
	To    int
	Cause string
	// Policies are the rows of those that decided, none for limits.
	Policies []string
	// Memory is what the policy remembers if it is one of steps.
	Memory *scaling.Memory `json:",omitempty"`
}

// measured is what was read for one policy: the minutes of its metric, or the alarms
// that ask it to act. rev is the policy that it was read for.
type measured struct {
	rev     int64
	minutes []float64
	firing  []Firing
}

// decide is the change that a target needs now, nil for none. It is pure: current is
// what the variant has, end where the last minute that was read ends.
func (s *Service) decide(t *target, list []*store.Row[policy], read map[string]measured, now, end time.Time, current int) *decision {
	limits := scaling.Limits{Min: t.Min, Max: t.Max}
	switch within := limits.Clamp(current); {
	case within > current:
		return &decision{To: within, Cause: fmt.Sprintf("minimum capacity was set to %d", t.Min)}
	case within < current:
		return &decision{To: within, Cause: fmt.Sprintf("maximum capacity was set to %d", t.Max)}
	}
	if end.Add(-s.Period).Before(t.Changed) {
		return nil // nobody knows yet what the last change has brought
	}
	var out, in, tracked *decision
	held := false
	for _, row := range list {
		m, ok := read[row.Name]
		ok = ok && m.rev == row.Rev
		if row.Body.Type == api.PolicyTypeStepScaling {
			for _, f := range m.firing {
				if d := s.step(row, f, limits, now, current); ok && d != nil && d.To > current {
					out = larger(out, d)
				} else if ok && d != nil {
					in = larger(in, d)
				}
			}
			continue
		}
		d := &decision{To: current}
		if ok {
			d = s.track(row, m, limits, now, current)
		}
		switch {
		case d.To > current:
			out = larger(out, d)
		case d.To < current:
			if d.Policies = []string{row.Name}; tracked != nil {
				d.Policies = append(tracked.Policies, row.Name)
			}
			tracked = larger(tracked, d)
			tracked.Policies = d.Policies
		default:
			held = held || !aws.Val(row.Body.Target.DisableScaleIn)
		}
	}
	// Any policy can add instances; only all that track together can remove some.
	if tracked != nil && !held {
		in = larger(in, tracked)
	}
	switch {
	case out != nil && !aws.Val(t.Suspended.DynamicScalingOutSuspended):
		return out
	case out == nil && in != nil && !aws.Val(t.Suspended.DynamicScalingInSuspended):
		return in
	}
	return nil
}

// larger is the decision for more instances; a may be nil.
func larger(a, b *decision) *decision {
	if a == nil || b.To > a.To {
		return b
	}
	return a
}

// track is what a target tracking policy wants.
func (s *Service) track(row *store.Row[policy], m measured, l scaling.Limits, now time.Time, current int) *decision {
	p := &row.Body
	to, _ := s.target(p.Target).Decide(l, p.State, now, current, m.minutes)
	side := "above"
	if to < current {
		side = "below"
	}
	return &decision{To: to, Policies: []string{row.Name}, Cause: fmt.Sprintf("the metric of the policy %s was %s its target", p.Name, side)}
}

// step is what a step scaling policy wants, nil for nothing.
func (s *Service) step(row *store.Row[policy], f Firing, l scaling.Limits, now time.Time, current int) *decision {
	p := &row.Body
	to, memory := steps(p.Step, s.cooldown(p.Step.Cooldown)).Decide(l, p.Memory, now, current, f.Beyond)
	if to == current {
		return nil
	}
	return &decision{To: to, Policies: []string{row.Name}, Memory: &memory, Cause: fmt.Sprintf("monitor alarm %s in state ALARM triggered policy %s", f.Name, p.Name)}
}
