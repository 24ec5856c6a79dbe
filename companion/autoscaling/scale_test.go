package autoscaling

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/scaling"
	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// load has all instances together get so many invocations a minute from now on; 0
// says that nothing is reported.
func (b *bundle) load(perMinute float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	from, before := b.now, b.per
	b.per = func(at time.Time) float64 {
		switch {
		case at.Before(from):
			return before(at)
		case perMinute == 0:
			return math.NaN()
		}
		return perMinute / float64(max(1, b.variant.Instances))
	}
}

// minutes lets time pass, looking once a minute.
func (b *bundle) minutes(n int) {
	b.t.Helper()
	for range n {
		b.move(time.Minute)
		b.look()
	}
}

// covers: autoscaling.DescribeScalingActivities
func TestOutAndIn(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		t := b.t
		b.register(1, 5)
		b.put(tracking("p", 100, 60, 300))
		b.minutes(20)
		if len(b.asked) != 0 {
			t.Fatalf("without load it asked for %v", b.asked)
		}
		b.load(380)
		b.minutes(5)
		if !slices.Equal(b.asked, []int{4}) {
			t.Errorf("under load it asked for %v, want 4 once", b.asked)
		}
		b.load(0) // nothing is invoked, and nothing reported
		b.minutes(14)
		if !slices.Equal(b.asked, []int{4}) {
			t.Errorf("after 14 minutes it asked for %v", b.asked)
		}
		b.minutes(8)
		if !slices.Equal(b.asked, []int{4, 1}) {
			t.Errorf("after all it asked for %v, want 4 and 1", b.asked)
		}
		did := b.activities()
		if len(did) != 2 || did[0].StatusCode != api.ScalingActivityStatusCodeSuccessful || *did[0].Description != "Setting desired instance count to 1." ||
			*did[0].StatusMessage != "Successfully set desired instance count to 1. Change successfully fulfilled by sagemaker." ||
			*did[1].Cause != "the metric of the policy p was above its target" || did[1].EndTime.Before(*did[1].StartTime) {
			t.Errorf("activities: %+v", did)
		}
		b.move(memory + time.Hour)
		b.register(2, 5)
		if b.look(); len(b.activities()) != 1 {
			t.Errorf("old activities stay: %d", len(b.activities()))
		}
	})
}

// TestPace: with a minute of a second, what took minutes takes seconds, cooldowns too,
// and what came in a second counts as that for a minute.
func TestPace(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.Period = time.Second
		b.register(1, 9)
		b.put(tracking("p", 60, 300, 300)) // 1 a second
		b.move(20 * time.Second)
		b.load(3)
		var at []int
		for i := range 40 {
			b.move(time.Second)
			before := len(b.asked)
			if b.look(); len(b.asked) > before {
				at = append(at, i)
			}
			if i == 8 {
				b.load(8)
			}
		}
		if !slices.Equal(b.asked, []int{3, 8}) || at[0] > 5 || at[1]-at[0] < 5 || at[1] > 20 {
			b.t.Errorf("asked for %v in the seconds %v", b.asked, at)
		}
	})
}

// TestCrash: a server may die at any point of a change; the next one ends it, and no
// change is made twice.
func TestCrash(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		t := b.t
		// 1. Committed, and the endpoint never asked.
		b.no = errors.New("the server died")
		b.register(2, 4)
		if _, err := b.round(b.ctx, home, key); err == nil || b.activities()[0].StatusCode != api.ScalingActivityStatusCodePending {
			t.Fatalf("%v, %+v", err, b.activities())
		}
		b.no = nil
		if b.look(); !slices.Equal(b.asked, []int{2}) || b.activities()[0].StatusCode != api.ScalingActivityStatusCodeSuccessful {
			t.Errorf("asked for %v, %+v", b.asked, b.activities()[0])
		}
		b.move(time.Second)
		// 2. The endpoint has taken it, and that was not noted.
		b.no = errors.New("the server died")
		b.register(3, 4)
		if _, err := b.round(b.ctx, home, key); err == nil {
			t.Fatal("it did not fail")
		}
		b.no, b.pending = nil, 3
		if _, err := b.round(b.ctx, home, key); err != nil || b.activities()[0].StatusCode != api.ScalingActivityStatusCodeInProgress {
			t.Errorf("%v, %+v", err, b.activities()[0])
		}
		if b.settle(); b.target().Change == nil {
			t.Error("the change is forgotten")
		}
		if b.look(); !slices.Equal(b.asked, []int{2}) || len(b.activities()) != 2 || b.activities()[0].StatusCode != api.ScalingActivityStatusCodeSuccessful {
			t.Errorf("asked for %v, %+v", b.asked, b.activities()[0])
		}
		b.move(time.Second)
		// 3. The endpoint could not have them, and rolled back.
		b.register(4, 4)
		if _, err := b.round(b.ctx, home, key); err != nil {
			t.Fatal(err)
		}
		b.pending, b.variant.Reason = 0, "No room."
		b.move(time.Minute)
		if _, err := b.round(b.ctx, home, key); err != nil || b.activities()[0].StatusCode != api.ScalingActivityStatusCodeFailed || !strings.HasSuffix(*b.activities()[0].StatusMessage, "Reason: No room.") {
			t.Errorf("%v, %+v", err, b.activities()[0])
		}
		b.move(time.Second)
		// 4. The endpoint refuses.
		b.no = aws.Invalid("Not now.")
		if pause, err := b.round(b.ctx, home, key); err != nil || pause != rejected || !strings.HasSuffix(*b.activities()[0].StatusMessage, "Reason: Not now.") {
			t.Errorf("%v, %v, %+v", pause, err, b.activities()[0])
		}
		b.move(time.Second)
		// 5. Deregistered under way.
		b.no = nil
		if _, err := b.round(b.ctx, home, key); err != nil || b.target().Change == nil {
			t.Fatal(err)
		}
		if err := b.deregister(b.ctx, home, key); err != nil || b.activities()[0].StatusCode != api.ScalingActivityStatusCodeUnfulfilled {
			t.Errorf("%v, %+v", err, b.activities()[0])
		}
	})
}

// TestSteps: an alarm that fires has a step policy act, with its cooldown.
func TestSteps(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		t := b.t
		b.register(1, 10)
		in := &api.PutScalingPolicyInput{PolicyName: aws.Ptr("s"), ServiceNamespace: "sagemaker", ResourceId: aws.Ptr(id), ScalableDimension: instances,
			StepScalingPolicyConfiguration: &api.StepScalingPolicyConfiguration{AdjustmentType: api.AdjustmentTypeChangeInCapacity, Cooldown: aws.Ptr[int32](300), StepAdjustments: []*api.StepAdjustment{
				{MetricIntervalLowerBound: aws.Ptr(0.0), MetricIntervalUpperBound: aws.Ptr(10.0), ScalingAdjustment: aws.Ptr[int32](1)},
				{MetricIntervalLowerBound: aws.Ptr(10.0), ScalingAdjustment: aws.Ptr[int32](3)},
			}}}
		if out := b.put(in); len(out.Alarms) != 0 {
			t.Errorf("alarms of its own: %v", out.Alarms)
		}
		b.firing = []Firing{{Name: "busy", Beyond: 12}}
		b.minutes(2)
		if !slices.Equal(b.asked, []int{4}) || *b.activities()[0].Cause != "monitor alarm busy in state ALARM triggered policy s" {
			t.Errorf("asked for %v", b.asked)
		}
		b.firing[0].Beyond = 1
		b.minutes(3)
		if len(b.asked) != 1 {
			t.Errorf("in the cooldown it asked for %v", b.asked)
		}
		if b.minutes(3); !slices.Equal(b.asked, []int{4, 5}) {
			t.Errorf("after the cooldown it asked for %v", b.asked)
		}
		in.StepScalingPolicyConfiguration.StepAdjustments[1].MetricIntervalLowerBound = aws.Ptr(11.0)
		_, err := b.PutScalingPolicy(b.ctx, in)
		refused(t, "a gap", err, aws.ValidationException, "no step between 10 and 11")
		in.StepScalingPolicyConfiguration.AdjustmentType = ""
		_, err = b.PutScalingPolicy(b.ctx, in)
		refused(t, "no type", err, aws.ValidationException, "AdjustmentType")
		b.Alarms = nil
		_, err = b.PutScalingPolicy(b.ctx, in)
		refused(t, "no alarms", err, aws.ValidationException, "not supported yet")
	})
}

// covers: autoscaling.PutScheduledAction autoscaling.DescribeScheduledActions autoscaling.DeleteScheduledAction
func TestScheduled(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		t := b.t
		input := func(name, schedule string, low, high int32) *api.PutScheduledActionInput {
			return &api.PutScheduledActionInput{ServiceNamespace: "sagemaker", ResourceId: aws.Ptr(id), ScalableDimension: instances, ScheduledActionName: &name, Schedule: &schedule,
				ScalableTargetAction: &api.ScalableTargetAction{MinCapacity: &low, MaxCapacity: &high}}
		}
		_, err := b.PutScheduledAction(b.ctx, input("a", "rate(1 hour)", 1, 2))
		refused(t, "unregistered", err, aws.ObjectNotFoundException, "registered")
		b.register(1, 1)
		for words, change := range map[string]func(in *api.PutScheduledActionInput){
			"needs a Schedule":    func(in *api.PutScheduledActionInput) { in.Schedule = nil },
			"none of at":          func(in *api.PutScheduledActionInput) { in.Schedule = aws.Ptr("daily") },
			"in the past":         func(in *api.PutScheduledActionInput) { in.Schedule = aws.Ptr("at(2026-01-05T09:59:00)") },
			"not a time zone":     func(in *api.PutScheduledActionInput) { in.Timezone = aws.Ptr("Mars/Olympus") },
			"needs a ScalableTar": func(in *api.PutScheduledActionInput) { in.ScalableTargetAction = nil },
			"less than minimum":   func(in *api.PutScheduledActionInput) { in.ScalableTargetAction.MinCapacity = aws.Ptr[int32](9) },
			"not before its EndTime": func(in *api.PutScheduledActionInput) {
				in.StartTime, in.EndTime = aws.Ptr(b.now.Add(time.Hour)), aws.Ptr(b.now.Add(time.Minute))
			},
		} {
			in := input("a", "rate(1 hour)", 1, 2)
			change(in)
			_, err := b.PutScheduledAction(b.ctx, in)
			refused(t, words, err, aws.ValidationException, words)
		}
		berlin := input("day", "cron(0 12 ? * MON-FRI *)", 3, 4)
		berlin.Timezone = aws.Ptr("Europe/Berlin") // 11:00 UTC
		for _, in := range []*api.PutScheduledActionInput{berlin, input("once", "at(2026-01-05T10:30:00)", 2, 2), input("bad", "at(2026-01-05T11:30:00)", 0, 0)} {
			if _, err := b.PutScheduledAction(b.ctx, in); err != nil {
				t.Fatal(err)
			}
		}
		if pause, err := b.round(b.ctx, home, key); err != nil || pause != relaxed {
			t.Errorf("%v, %v", pause, err)
		}
		b.move(29*time.Minute + 58*time.Second)
		if pause, err := b.round(b.ctx, home, key); err != nil || pause != 2*time.Second || len(b.asked) != 0 {
			t.Errorf("2 seconds before: %v, %v, %v", pause, err, b.asked)
		}
		b.move(2 * time.Second)
		if b.look(); !slices.Equal(b.asked, []int{2}) || b.target().Max != 2 {
			t.Errorf("at 10:30 it asked for %v", b.asked)
		}
		b.move(30 * time.Minute)
		if b.look(); !slices.Equal(b.asked, []int{2, 3}) || b.target().Max != 4 {
			t.Errorf("at noon in Berlin it asked for %v", b.asked)
		}
		b.move(30 * time.Minute)
		if b.look(); len(b.asked) != 2 || b.activities()[0].StatusCode != api.ScalingActivityStatusCodeFailed {
			t.Errorf("no instance at all: %v, %+v", b.asked, b.activities()[0])
		}
		b.register(1, 1)
		b.look()
		b.move(3 * 24 * time.Hour) // no server ran: it is done once, late
		before := len(b.activities())
		if b.look(); b.target().Min != 3 || len(b.activities()) != before+2 {
			t.Errorf("late: %+v, %d activities", b.target(), len(b.activities())-before)
		}
		out, err := b.DescribeScheduledActions(b.ctx, &api.DescribeScheduledActionsInput{ServiceNamespace: "sagemaker", ScheduledActionNames: []string{"day"}})
		if err != nil || len(out.ScheduledActions) != 1 || *out.ScheduledActions[0].Timezone != "Europe/Berlin" || *out.ScheduledActions[0].ScalableTargetAction.MinCapacity != 3 ||
			!strings.HasSuffix(*out.ScheduledActions[0].ScheduledActionARN, ":scheduledActionName/day") {
			t.Errorf("described: %+v, %v", out, err)
		}
		drop := &api.DeleteScheduledActionInput{ServiceNamespace: "sagemaker", ResourceId: aws.Ptr(id), ScalableDimension: instances, ScheduledActionName: aws.Ptr("day")}
		if _, err := b.DeleteScheduledAction(b.ctx, drop); err != nil {
			t.Error(err)
		}
		_, err = b.DeleteScheduledAction(b.ctx, drop)
		refused(t, "twice", err, aws.ObjectNotFoundException, "No scheduled action found")
	})
}

// TestTask: a registered target is looked at by the queue, after a restart too, and its
// task ends with it.
func TestTask(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		b.mu.Lock()
		b.live = true // as the queue's leases
		b.mu.Unlock()
		b.register(2, 4)
		for restart := range 2 {
			c := b.Config
			c.Tasks = task.New(b.DB, task.Options{NodeID: "n"})
			b.Service = New(c)
			if err := c.Tasks.Start(context.WithoutCancel(b.ctx)); err != nil {
				b.t.Fatal(err)
			}
			if restart == 1 {
				b.register(3, 4)
			}
			want := 2 + restart
			for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
				b.settle()
				if f := b.target(); f.Change == nil && f.Min == want && len(b.activities()) == restart+1 {
					break
				} else if time.Now().After(end) {
					b.t.Fatalf("it is not scaled: %+v", f)
				}
			}
			if err := c.Tasks.Stop(context.WithoutCancel(b.ctx)); err != nil {
				b.t.Fatal(err)
			}
		}
	})
}

// TestDecideLaws: whatever policies say, it is within the limits; nothing goes against
// what is suspended; none of several policies that track is let down; and nothing is
// decided by what was measured before the last change.
func TestDecideLaws(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	s := &Service{Config{Period: time.Minute}}
	now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	for range 20000 {
		tg := &target{Min: random.IntN(5)}
		tg.Max = tg.Min + random.IntN(20)
		tg.Suspended = api.SuspendedState{DynamicScalingInSuspended: aws.Ptr(random.IntN(4) == 0), DynamicScalingOutSuspended: aws.Ptr(random.IntN(4) == 0)}
		if random.IntN(3) == 0 {
			tg.Changed = now.Add(-time.Duration(random.IntN(180)) * time.Second)
		}
		current := random.IntN(30)
		var list []*store.Row[policy]
		read := map[string]measured{}
		least := 0
		for i := range random.IntN(3) {
			p := &store.Row[policy]{Name: string(rune('a' + i)), Rev: 1, Body: policy{Type: api.PolicyTypeTargetTrackingScaling}}
			value, in := 1+100*random.Float64(), random.IntN(4) == 0
			p.Body.Target = &api.TargetTrackingScalingPolicyConfiguration{TargetValue: &value, DisableScaleIn: &in}
			p.Body.State.Out = now.Add(-time.Duration(random.IntN(600)) * time.Second)
			m := measured{rev: 1}
			base := value * 2 * random.Float64()
			for range 15 {
				m.minutes = append(m.minutes, base*(0.9+0.2*random.Float64()))
			}
			list, read[p.Name] = append(list, p), m
			if !in {
				want, _ := s.target(p.Body.Target).Decide(scaling.Limits{Min: tg.Min, Max: tg.Max}, p.Body.State, now, current, m.minutes)
				least = max(least, want)
			}
		}
		d := s.decide(tg, list, read, now, now, current)
		outside := current < tg.Min || current > tg.Max
		switch {
		case d == nil && outside:
			t.Fatalf("%d stays outside of %+v", current, tg)
		case d == nil:
			continue
		case d.To < tg.Min || d.To > tg.Max || d.To == current || d.Cause == "":
			t.Fatalf("%+v of %d within %+v", d, current, tg)
		case outside:
			continue
		case d.To > current && *tg.Suspended.DynamicScalingOutSuspended || d.To < current && *tg.Suspended.DynamicScalingInSuspended:
			t.Fatalf("%+v of %d though %+v", d, current, tg)
		case d.To < least:
			t.Fatalf("%+v of %d, though a policy wants %d", d, current, least)
		case now.Add(-s.Period).Before(tg.Changed):
			t.Fatalf("%+v by what was before the change at %v", d, tg.Changed)
		}
	}
}
