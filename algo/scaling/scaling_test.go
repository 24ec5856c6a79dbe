package scaling_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/scaling"
)

func start() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// minutes is a metric that was v for n minutes, after others.
func minutes(v float64, n int, before ...float64) []float64 {
	return append(slices.Clone(before), slices.Repeat([]float64{v}, n)...)
}

// TestTarget is the table of target tracking: 3 minutes above for out, 15 below 9/10
// for in, cooldowns, limits.
func TestTarget(t *testing.T) {
	t.Parallel()
	now, nan := start(), math.NaN()
	ago := func(s time.Duration) time.Time { return now.Add(-s * time.Second) }
	policy := scaling.Target{Value: 100, OutCooldown: 60 * time.Second, InCooldown: 300 * time.Second}
	fixed := policy
	fixed.DisableScaleIn = true
	limits := scaling.Limits{Min: 1, Max: 10}
	for name, c := range map[string]struct {
		policy  scaling.Target
		state   scaling.State
		current int
		minutes []float64
		want    int
	}{
		"out":                      {policy, scaling.State{}, 2, minutes(250, 3), 5},
		"out by one at least":      {policy, scaling.State{}, 2, minutes(100.1, 3), 3},
		"out to the limit":         {policy, scaling.State{}, 4, minutes(1e9, 3), 10},
		"no number is too large":   {policy, scaling.State{}, 4, minutes(math.MaxFloat64, 3), 10},
		"too short for out":        {policy, scaling.State{}, 2, minutes(250, 2, 100), 2},
		"a gap":                    {policy, scaling.State{}, 2, []float64{250, nan, 250}, 2},
		"nothing known":            {policy, scaling.State{}, 2, nil, 2},
		"at the target":            {policy, scaling.State{}, 2, minutes(100, 20), 2},
		"a little low":             {policy, scaling.State{}, 4, minutes(90, 20), 4},
		"in":                       {policy, scaling.State{}, 4, minutes(50, 15), 2},
		"in, by the highest":       {policy, scaling.State{}, 4, minutes(10, 14, 74), 3},
		"in to the limit":          {policy, scaling.State{}, 4, minutes(0, 15), 1},
		"too short for in":         {policy, scaling.State{}, 4, minutes(50, 14), 4},
		"in is disabled":           {fixed, scaling.State{}, 4, minutes(50, 15), 4},
		"out, in disabled":         {fixed, scaling.State{}, 2, minutes(250, 3), 5},
		"out while hot":            {policy, scaling.State{Out: ago(59)}, 2, minutes(250, 3), 2},
		"out when cool":            {policy, scaling.State{Out: ago(60)}, 2, minutes(250, 3), 5},
		"in after out":             {policy, scaling.State{Out: ago(59)}, 4, minutes(50, 15), 4},
		"in after in":              {policy, scaling.State{In: ago(299)}, 4, minutes(50, 15), 4},
		"in after in, cool":        {policy, scaling.State{In: ago(300)}, 4, minutes(50, 15), 2},
		"out does not wait for in": {policy, scaling.State{In: ago(1)}, 2, minutes(250, 3), 5},
		"below the limits":         {policy, scaling.State{Out: ago(1)}, 0, nil, 1},
		"above the limits":         {fixed, scaling.State{}, 12, minutes(1000, 20), 10},
	} {
		got, state := c.policy.Decide(limits, c.state, now, c.current, c.minutes)
		if got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
		within := limits.Clamp(c.current) == c.current
		if (state.Out != c.state.Out) != (within && got > c.current) || (state.In != c.state.In) != (within && got < c.current) {
			t.Errorf("%s: %d from %d is remembered as %+v", name, got, c.current, state)
		}
	}
}

// TestTargetLaws: within the limits always; never in when that is disabled; a higher
// metric never makes it fewer.
func TestTargetLaws(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	for range 20000 {
		l := scaling.Limits{Min: random.IntN(5)}
		l.Max = l.Min + random.IntN(20)
		p := scaling.Target{
			Value: 1 + 100*random.Float64(), OutCooldown: time.Duration(random.IntN(100)) * time.Second,
			InCooldown: time.Duration(random.IntN(100)) * time.Second, DisableScaleIn: random.IntN(2) == 0,
		}
		now := start()
		s := scaling.State{Out: now.Add(-time.Duration(random.IntN(200)) * time.Second), In: now.Add(-time.Duration(random.IntN(200)) * time.Second)}
		metric := make([]float64, random.IntN(20))
		higher := make([]float64, len(metric))
		base := p.Value * 2 * random.Float64()
		for i := range metric {
			metric[i] = base * (0.8 + 0.4*random.Float64())
			higher[i] = metric[i] * (1 + random.Float64())
		}
		current := l.Min + random.IntN(l.Max-l.Min+1)
		got, _ := p.Decide(l, s, now, current, metric)
		more, _ := p.Decide(l, s, now, current, higher)
		if got < l.Min || got > l.Max || p.DisableScaleIn && got < current || more < got {
			t.Fatalf("%+v %+v %+v: %d becomes %d for %v and %d for %v", p, l, s, current, got, metric, more, higher)
		}
	}
}

// TestTargetSettles: under a load that does not change the count comes to what the
// target asks for, and stays.
func TestTargetSettles(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		p := scaling.Target{Value: 10 + 100*random.Float64(), OutCooldown: 2 * time.Minute, InCooldown: 5 * time.Minute}
		l := scaling.Limits{Min: 1, Max: 50}
		load := 4000 * random.Float64()
		count, now := 1+random.IntN(50), start()
		var state scaling.State
		var metric []float64
		settled := 0
		for range 240 {
			now = now.Add(time.Minute)
			metric = append(metric, load/float64(count))
			before := count
			if count, state = p.Decide(l, state, now, count, metric); count == before {
				settled++
			} else {
				settled = 0
			}
		}
		needed := l.Clamp(int(math.Ceil(load / p.Value)))
		enough := float64(count)*p.Value >= load*(1-1e-9) || count == l.Max
		// Down to a tenth more than needed, where the metric is no longer low.
		if settled < 60 || !enough || load/float64(count) < 0.9*p.Value && count > needed {
			t.Errorf("load %v, target %v: %d instances (%d needed), unchanged for %d minutes", load, p.Value, count, needed, settled)
		}
	}
}

// TestSteps is the table of step scaling.
func TestSteps(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	now := start()
	out := []scaling.Step{{0, 10, 1}, {10, 20, 3}, {20, inf, 5}}
	in := []scaling.Step{{-10, 0, -1}, {-inf, -10, -3}}
	hot := func(change int) scaling.Memory { return scaling.Memory{At: now.Add(-time.Second), Change: change} }
	for name, c := range map[string]struct {
		kind      scaling.Adjustment
		steps     []scaling.Step
		magnitude int
		memory    scaling.Memory
		current   int
		beyond    float64
		want      int
	}{
		"first":                 {scaling.ChangeInCapacity, out, 0, scaling.Memory{}, 4, 0, 5},
		"bound":                 {scaling.ChangeInCapacity, out, 0, scaling.Memory{}, 4, 10, 7},
		"last":                  {scaling.ChangeInCapacity, out, 0, scaling.Memory{}, 4, 1e9, 9},
		"none":                  {scaling.ChangeInCapacity, out, 0, scaling.Memory{}, 4, -1, 4},
		"in":                    {scaling.ChangeInCapacity, in, 0, scaling.Memory{}, 4, 0, 3},
		"in, bound":             {scaling.ChangeInCapacity, in, 0, scaling.Memory{}, 4, -10, 1},
		"to the limit":          {scaling.ChangeInCapacity, out, 0, scaling.Memory{}, 18, 25, 20},
		"percent":               {scaling.PercentChangeInCapacity, []scaling.Step{{0, inf, 50}}, 0, scaling.Memory{}, 5, 1, 7},
		"percent of little":     {scaling.PercentChangeInCapacity, []scaling.Step{{0, inf, 10}}, 0, scaling.Memory{}, 2, 1, 3},
		"percent, magnitude":    {scaling.PercentChangeInCapacity, []scaling.Step{{0, inf, 10}}, 2, scaling.Memory{}, 4, 1, 6},
		"percent in":            {scaling.PercentChangeInCapacity, []scaling.Step{{-inf, 0, -25}}, 2, scaling.Memory{}, 6, -1, 4},
		"exact":                 {scaling.ExactCapacity, []scaling.Step{{0, inf, 9}}, 0, scaling.Memory{}, 4, 1, 9},
		"hot":                   {scaling.ChangeInCapacity, out, 0, hot(1), 5, 0, 5},
		"hot, but more":         {scaling.ChangeInCapacity, out, 0, hot(1), 5, 25, 9},
		"hot, in":               {scaling.ChangeInCapacity, in, 0, hot(1), 5, -5, 5},
		"hot from in, in":       {scaling.ChangeInCapacity, in, 0, hot(-1), 5, -5, 5},
		"hot from in, but out":  {scaling.ChangeInCapacity, out, 0, hot(-1), 5, 5, 6},
		"cool again":            {scaling.ChangeInCapacity, out, 0, scaling.Memory{At: now.Add(-time.Minute), Change: 1}, 5, 0, 6},
		"beyond the limits now": {scaling.ChangeInCapacity, out, 0, hot(1), 25, -5, 20},
	} {
		p := scaling.Steps{Adjustment: c.kind, Steps: c.steps, Magnitude: c.magnitude, Cooldown: time.Minute}
		if err := p.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got, m := p.Decide(scaling.Limits{Min: 1, Max: 20}, c.memory, now, c.current, c.beyond)
		if got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
		if name == "hot, but more" && (m != scaling.Memory{At: now, Change: 5}) {
			t.Errorf("%s: remembered as %+v, want that 5 were added together", name, m)
		}
	}
}

// TestStepsRefused: steps that do not say what to do.
func TestStepsRefused(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]scaling.Step{
		"none": nil, "overlap": {{0, 10, 1}, {9, 20, 2}}, "gap": {{0, 10, 1}, {11, 20, 2}}, "empty": {{5, 5, 1}},
		"both sides": {{-5, 5, 1}}, "negative": {{0, 10, -1}}, "no numbers": {{math.NaN(), 1, 1}},
	} {
		if err := (scaling.Steps{Adjustment: scaling.ExactCapacity, Steps: steps}).Check(); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
