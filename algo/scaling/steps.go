package scaling

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Adjustment is what the numbers of steps mean.
type Adjustment string

// The adjustments, as the API names them.
const (
	ChangeInCapacity        Adjustment = "ChangeInCapacity"
	PercentChangeInCapacity Adjustment = "PercentChangeInCapacity"
	ExactCapacity           Adjustment = "ExactCapacity"
)

// Step is what to do while the metric is from Lower to below Upper beyond the alarm's
// threshold; below the threshold both are negative, and Lower itself is not part of it.
type Step struct {
	// Lower and Upper are ±Inf where there is no bound.
	Lower, Upper float64
	Adjustment   int
}

// Steps is a step scaling policy.
type Steps struct {
	Adjustment Adjustment
	Steps      []Step
	// Magnitude is the least change by percent.
	Magnitude int
	// Cooldown is how long after a change the next one waits, unless it is a larger
	// one in the same direction.
	Cooldown time.Duration
}

// Check refuses steps that overlap, leave gaps or say nothing.
func (p Steps) Check() error {
	if len(p.Steps) == 0 {
		return errors.New("a step scaling policy needs at least one step")
	}
	steps := p.sorted()
	for i, s := range steps {
		switch {
		case !(s.Lower < s.Upper):
			return fmt.Errorf("a step is from %v to %v, and must end above its beginning", s.Lower, s.Upper)
		case i > 0 && s.Lower < steps[i-1].Upper:
			return fmt.Errorf("steps overlap between %v and %v", s.Lower, steps[i-1].Upper)
		case i > 0 && s.Lower > steps[i-1].Upper:
			return fmt.Errorf("there is no step between %v and %v", steps[i-1].Upper, s.Lower)
		case s.Lower < 0 && s.Upper > 0:
			return fmt.Errorf("a step is from %v to %v, on both sides of the threshold", s.Lower, s.Upper)
		case p.Adjustment == ExactCapacity && s.Adjustment < 0:
			return fmt.Errorf("an exact capacity of %d cannot be", s.Adjustment)
		}
	}
	return nil
}

func (p Steps) sorted() []Step {
	steps := slices.Clone(p.Steps)
	slices.SortFunc(steps, func(a, b Step) int {
		switch {
		case a.Lower < b.Lower:
			return -1
		case a.Lower > b.Lower:
			return 1
		}
		return 0
	})
	return steps
}

// Memory is what a step policy remembers: its last change, zero for none.
type Memory struct {
	At     time.Time
	Change int
}

// Decide is how many instances there are to be while the alarm is in ALARM, and what
// to remember. beyond is the metric less the alarm's threshold.
func (p Steps) Decide(l Limits, m Memory, now time.Time, current int, beyond float64) (int, Memory) {
	if within := l.Clamp(current); within != current {
		return within, m
	}
	for _, s := range p.Steps {
		if !s.has(beyond) {
			continue
		}
		change := p.change(current, s.Adjustment)
		cool := !m.At.IsZero() && now.Sub(m.At) < p.Cooldown
		if cool {
			// What the last change has added counts as part of this one.
			switch {
			case change > 0 && m.Change > 0:
				change = max(change-m.Change, 0)
			case change > 0 && m.Change < 0: // going out never waits for having gone in
			default:
				change = 0
			}
		}
		wanted := l.Clamp(current + change)
		if added := wanted - current; added != 0 {
			if cool {
				added += max(m.Change, 0)
			}
			m = Memory{now, added}
		}
		return wanted, m
	}
	return current, m
}

// has says whether a metric that far beyond the threshold is in the step.
func (s Step) has(beyond float64) bool {
	if s.Upper <= 0 {
		return beyond > s.Lower && beyond <= s.Upper
	}
	return beyond >= s.Lower && beyond < s.Upper
}

// change is what a step adds.
func (p Steps) change(current, adjustment int) int {
	switch p.Adjustment {
	case ExactCapacity:
		return adjustment - current
	case PercentChangeInCapacity:
		// Rounded towards 0, but never to 0 (and no less than Magnitude).
		part := float64(current) * float64(adjustment) / 100
		n := int(math.Trunc(part))
		switch {
		case part > 0:
			n = max(n, p.Magnitude, 1)
		case part < 0:
			n = min(n, -p.Magnitude, -1)
		}
		return n
	}
	return adjustment
}
