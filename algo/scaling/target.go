package scaling

import (
	"math"
	"time"
)

const (
	// outMinutes and inMinutes are how long a metric has to be beyond for a change.
	outMinutes = 3
	inMinutes  = 15
	// low is the part of the target below which a metric is low.
	low = 0.9
)

// Limits are the MinCapacity and MaxCapacity of a scalable target.
type Limits struct{ Min, Max int }

// Clamp is n within the limits.
func (l Limits) Clamp(n int) int { return max(l.Min, min(l.Max, n)) }

// Target is a target tracking policy.
type Target struct {
	// Value is the TargetValue, above 0: what each instance is to have.
	Value float64
	// OutCooldown and InCooldown are how long after a change in that direction the
	// next one waits.
	OutCooldown, InCooldown time.Duration
	// DisableScaleIn never goes in.
	DisableScaleIn bool
}

// State is what a policy remembers: when it last went out and in, zero for never.
type State struct {
	Out, In time.Time
}

// Decide is how many instances there are to be, and the state to remember. current is
// how many are wanted now; minutes is the metric of the last minutes, per instance,
// the latest last, NaN where there is none.
func (t Target) Decide(l Limits, s State, now time.Time, current int, minutes []float64) (int, State) {
	if within := l.Clamp(current); within != current {
		return within, s // whatever the metric says
	}
	coolOut := !s.Out.IsZero() && now.Sub(s.Out) < t.OutCooldown
	coolIn := !s.In.IsZero() && now.Sub(s.In) < t.InCooldown
	switch {
	case t.Value <= 0 || coolOut:
		return current, s
	case lasted(minutes, outMinutes, func(v float64) bool { return v > t.Value }):
		wanted := l.Clamp(max(t.needed(current, minutes, outMinutes), current+1))
		if wanted > current {
			s.Out = now
		}
		return wanted, s
	case !t.DisableScaleIn && !coolIn && lasted(minutes, inMinutes, func(v float64) bool { return v < low*t.Value }):
		wanted := l.Clamp(min(t.needed(current, minutes, inMinutes), current))
		if wanted < current {
			s.In = now
		}
		return wanted, s
	}
	return current, s
}

// needed is how many instances bring the metric to the target, if it stays as high
// as it was at most in the last n minutes.
func (t Target) needed(current int, minutes []float64, n int) int {
	most := 0.0
	for _, v := range minutes[len(minutes)-n:] {
		most = max(most, v)
	}
	// The part that rounding makes of a whole number is no further instance.
	return int(math.Min(math.Ceil(float64(current)*most/t.Value-1e-9), math.MaxInt32))
}

// lasted says whether all of the last n minutes were so.
func lasted(minutes []float64, n int, is func(float64) bool) bool {
	if len(minutes) < n {
		return false
	}
	for _, v := range minutes[len(minutes)-n:] {
		if math.IsNaN(v) || !is(v) {
			return false
		}
	}
	return true
}
