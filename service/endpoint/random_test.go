package endpoint

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/replica"
)

// history is an endpoint to which anything happens, and where its replicas have been.
type history struct {
	t          *testing.T
	seed       uint64
	r          *rand.Rand
	e          *Endpoint
	w          world
	now        time.Time
	alarm      string
	born, gone map[Replica]bool
}

// histories runs f on many histories of 60 steps each, which differ in where they end.
func histories(t *testing.T, f func(h *history)) {
	for seed := range uint64(500) {
		h := &history{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 1)), w: world{}, now: time.Unix(1, 0), born: map[Replica]bool{}, gone: map[Replica]bool{}}
		h.e = &Endpoint{Status: creating, Generations: 1, Fleet: fleetOf(1, 1+h.r.IntN(3)), Deployment: &Deployment{}}
		for range 60 + h.r.IntN(20) {
			h.step(time.Duration(h.r.IntN(2))*time.Second, func(x Replica) bool { return h.r.IntN(3) == 0 })
			h.happen()
			h.ask()
		}
		f(h)
	}
}

// step advances once and checks the laws that always hold.
func (h *history) step(patience time.Duration, removes func(Replica) bool) {
	h.t.Helper()
	var removed []Replica
	for _, x := range h.e.Retiring {
		if removes(x.Replica) {
			removed = append(removed, x.Replica)
			h.gone[x.Replica] = true
		}
	}
	before, serving := h.e.Status, healthyOf(h.e, h.w)
	h.now = h.now.Add(time.Duration(h.r.IntN(40)) * time.Second)
	o := h.w.outlook(patience, removed...)
	o.now, o.alarm = h.now, h.alarm
	if _, err := advance(h.e, o); err != nil {
		h.t.Fatalf("seed %d: %v", h.seed, err)
	}
	check(h.t, h.e, h.born, h.gone, fmt.Sprintf("seed %d, %s and then %s", h.seed, before, h.e.Status))
	if h.e.Status != updating {
		return
	}
	d := h.e.Deployment
	if whole := d.Fleet == nil || !d.Plan.Rolling && d.State.Share < 1; whole && healthyOf(h.e, h.w) < serving {
		h.t.Fatalf("seed %d: an update took a healthy replica of what serves before the new ones are ready", h.seed)
	}
	for _, p := range h.e.parts() {
		if len(p.fleet.all()) == 0 {
			h.t.Fatalf("seed %d: %v of the requests go to no replica", h.seed, p.share)
		}
	}
}

// happen lets replicas become what they may become, and now and then the machine
// or the server restart.
func (h *history) happen() {
	restart := h.r.IntN(40)
	for _, f := range h.e.fleets() {
		for _, x := range f.all() {
			switch {
			case restart == 0:
				h.w[x] = condition{Phase: coming, Lost: true}
			case restart == 1:
				h.w[x] = condition{Phase: coming, Unseen: true}
			default:
				h.w[x] = next(h.r, h.w[x])
			}
		}
	}
}

// policy is how an update goes: any way, with and without an alarm.
func (h *history) policy() *sagemaker.DeploymentConfig {
	size := func(percent int32) *sagemaker.CapacitySize {
		return &sagemaker.CapacitySize{Type: sagemaker.CapacitySizeTypeCapacityPercent, Value: &percent}
	}
	c := &sagemaker.DeploymentConfig{}
	if h.r.IntN(2) == 0 {
		c.AutoRollbackConfiguration = &sagemaker.AutoRollbackConfig{Alarms: []*sagemaker.Alarm{{AlarmName: aws.Ptr("a")}}}
	}
	wait := aws.Ptr(h.r.Int32N(60))
	routing := &sagemaker.TrafficRoutingConfig{WaitIntervalInSeconds: wait, Type: sagemaker.TrafficRoutingConfigTypeAllAtOnce}
	switch h.r.IntN(5) {
	case 0:
		return nil
	case 1:
		c.RollingUpdatePolicy = &sagemaker.RollingUpdatePolicy{MaximumBatchSize: size(50), WaitIntervalInSeconds: wait, RollbackMaximumBatchSize: size(50)}
		return c
	case 2:
		routing.Type, routing.CanarySize = sagemaker.TrafficRoutingConfigTypeCanary, size(10)
	case 3:
		routing.Type, routing.LinearStepSize = sagemaker.TrafficRoutingConfigTypeLinear, size(50)
	}
	c.BlueGreenUpdatePolicy = &sagemaker.BlueGreenUpdatePolicy{TrafficRoutingConfiguration: routing, TerminationWaitInSeconds: wait}
	return c
}

// ask updates an endpoint that may be, now and then: another fleet, or another count.
func (h *history) ask() {
	h.alarm = ""
	if h.r.IntN(30) == 0 {
		h.alarm = "a"
	}
	if h.e.Status != inService && h.e.Status != outOfService && h.e.Status != updateRollbackFailed || h.r.IntN(4) > 0 {
		return
	}
	count := 1 + h.r.IntN(3)
	if h.e.Mixed != nil || h.r.IntN(2) == 0 {
		h.e.Generations++
		fresh := fleetOf(h.e.Generations, count)
		fresh.Variants[0].Replicas, fresh.Variants[0].Next = nil, 0
		if err := h.e.begin(fresh, &Deployment{Config: h.policy(), StartedAt: h.now}); err != nil {
			h.t.Fatal(err)
		}
	} else {
		v := &h.e.Fleet.Variants[0]
		h.e.Deployment = &Deployment{Before: map[string]Capacity{"v": {Weight: v.Weight, Count: v.Count, Next: v.Next}}}
		if v.DesiredCount = count; count > len(v.Replicas) {
			h.e.Fleet.resize(v, count)
		}
	}
	if err := fire(update, h.e, time.Unix(1, 0)); err != nil {
		h.t.Fatal(err)
	}
}

// DeleteEndpoint-1: whatever happened to replicas, no number was used twice, what
// was once there is in a fleet or retires until it is removed, what serves kept its
// healthy replicas during updates; and deletion ends.
func TestAnythingHappens(t *testing.T) {
	t.Parallel()
	histories(t, func(h *history) {
		h.e.Status = deleting
		h.step(time.Hour, func(Replica) bool { return true })
		for step := 0; !h.e.over(); step++ {
			if h.step(time.Hour, func(Replica) bool { return true }); step > 3 {
				t.Fatalf("seed %d: deletion does not end", h.seed)
			}
		}
		for x := range h.born {
			if !h.gone[x] {
				t.Errorf("seed %d: %v is left", h.seed, x)
			}
		}
	})
}

// DescribeEndpoint-1, -2, Host-3: whatever happened, when everything starts from now
// on, the endpoint serves, with as many healthy replicas as were asked for; and when
// nothing starts any more, it comes to a status in which it can be deleted.
func TestEverythingEnds(t *testing.T) {
	t.Parallel()
	for name, becomes := range map[string]replica.Phase{"healthy": healthy, "hopeless": hopeless} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			histories(t, func(h *history) {
				h.alarm = ""
				for range 60 {
					for _, f := range h.e.fleets() {
						for _, x := range f.all() {
							if c := h.w[x]; c.Phase == coming || becomes == hopeless {
								h.w[x] = condition{Phase: becomes, Lost: c.Lost && becomes == hopeless, Reason: "because"}
							}
						}
					}
					h.step(0, func(Replica) bool { return true })
				}
				switch f := h.e.Fleet; {
				case h.e.Status == failed:
				case h.e.Status == updateRollbackFailed && h.e.Mixed != nil:
				case becomes == healthy && (h.e.Status != inService || !f.ready(h.w.outlook(0)) || f.Variants[0].Count != len(f.all())):
					t.Fatalf("seed %d: it is %s, %+v", h.seed, h.e.Status, f.Variants[0])
				case becomes == hopeless && h.e.Status != outOfService:
					t.Fatalf("seed %d: it is %s", h.seed, h.e.Status)
				}
			})
		})
	}
}

// next is what may become of a replica.
func next(r *rand.Rand, c condition) condition {
	switch {
	case c.Phase == coming && r.IntN(3) > 0:
		return condition{Phase: healthy}
	case c.Phase == coming && r.IntN(8) == 0:
		return condition{Phase: hopeless, Lost: c.Lost, Reason: "because"}
	case c.Phase == healthy && r.IntN(16) == 0:
		return condition{Phase: ailing, Reason: "because"}
	}
	return c
}

// healthyOf counts the healthy replicas of what serves.
func healthyOf(e *Endpoint, w world) (n int) {
	if e.Fleet == nil {
		return 0
	}
	for _, x := range e.Fleet.all() {
		if w[x].Phase == healthy {
			n++
		}
	}
	return n
}

// check compares where replicas are with where they have been.
func check(t *testing.T, e *Endpoint, born, gone map[Replica]bool, when string) {
	t.Helper()
	here := map[Replica]int{}
	for _, f := range e.fleets() {
		for _, x := range f.all() {
			here[x]++
			if gone[x] {
				t.Fatalf("%s: %v is back", when, x)
			}
			born[x] = true
		}
	}
	for _, x := range e.Retiring {
		here[x.Replica]++
	}
	for x := range born {
		if n := here[x]; n > 1 || n == 0 && !gone[x] || n == 1 && gone[x] {
			t.Fatalf("%s: %v is in %d places, removed %t", when, x, n, gone[x])
		}
	}
}
