package traffic_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/traffic"
)

// world is a simulated endpoint: each second the orchestrator looks, asks Next until
// it says nothing new, and begins to make it so. A replica takes starts to become
// healthy, traffic takes moves, and replicas are gone at the next look.
type world struct {
	plan       *traffic.Plan
	state      traffic.State
	begun, now time.Time
	old, new   [][]int // of each variant, when each replica becomes healthy, in seconds
	share      float64
	starts     int
	moves      int // how many seconds traffic takes to move
	moving     int // of those, how many are over
	started    int // new replicas
	// What goes wrong, and from which second on; 0 for never.
	failsAt, alarmAt int
	// oldFails says that an old replica that was ended does not start again.
	oldFails       bool
	wasWrong, lost bool
}

func newWorld(p *traffic.Plan) *world {
	begun := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w := &world{plan: p, state: p.Begin(begun), begun: begun, now: begun, starts: 2}
	for _, n := range p.Old {
		w.old = append(w.old, make([]int, n))
	}
	w.new = make([][]int, len(p.Steps[0].New))
	return w
}

func (w *world) second() int { return int(w.now.Sub(w.begun) / time.Second) }

// healthy are how many replicas are.
func (w *world) healthy(fleet [][]int) (counts []int) {
	for _, replicas := range fleet {
		n := 0
		for _, at := range replicas {
			if at <= w.second() {
				n++
			}
		}
		counts = append(counts, n)
	}
	return counts
}

func left(fleet [][]int) (counts []int) {
	for _, replicas := range fleet {
		counts = append(counts, len(replicas))
	}
	return counts
}

func (w *world) seen() traffic.Seen {
	seen := traffic.Seen{
		Now: w.now, OldHealthy: w.healthy(w.old), NewHealthy: w.healthy(w.new), OldLeft: left(w.old), NewLeft: left(w.new), Share: w.share,
	}
	if w.failsAt > 0 && w.second() >= w.failsAt {
		seen.Failed = "The new fleet broke."
	}
	if w.alarmAt > 0 && w.second() >= w.alarmAt {
		seen.Alarm = "errors"
	}
	if w.lost {
		seen.Lost = "It did not start."
	}
	return seen
}

// tick is one second: look, decide, act.
func (w *world) tick(t *testing.T) {
	t.Helper()
	w.now = w.now.Add(time.Second)
	seen := w.seen()
	for range 1000 {
		next := w.plan.Next(w.state, seen)
		w.check(t, next, seen)
		if reflect.DeepEqual(next, w.state) {
			w.act()
			return
		}
		w.state = next
		// What is wanted is not seen before it was done, and looked at again.
		if !reflect.DeepEqual(w.wanted(), [3]any{left(w.old), left(w.new), w.share}) {
			w.act()
			return
		}
	}
	t.Fatalf("Next never rests: %+v", w.state)
}

func (w *world) wanted() [3]any { return [3]any{w.state.Old, w.state.New, w.state.Share} }

// act makes the world as the state says.
func (w *world) act() {
	if w.share != w.state.Share {
		if w.moving++; w.moving > w.moves {
			w.share, w.moving = w.state.Share, 0
		}
	}
	for i, n := range w.state.Old {
		if n > len(w.old[i]) && w.oldFails {
			w.lost = true
			continue
		}
		w.old[i] = w.resize(w.old[i], n)
	}
	for i, n := range w.state.New {
		w.started += max(n-len(w.new[i]), 0)
		w.new[i] = w.resize(w.new[i], n)
	}
}

func (w *world) resize(replicas []int, n int) []int {
	for len(replicas) < n {
		replicas = append(replicas, w.second()+w.starts)
	}
	return replicas[:n]
}

// check is what holds always.
func (w *world) check(t *testing.T, next traffic.State, seen traffic.Seen) {
	t.Helper()
	var plan traffic.Plan
	var state traffic.State
	copied(t, w.plan, &plan)
	copied(t, w.state, &state)
	if again := plan.Next(state, seen); !reflect.DeepEqual(again, next) {
		t.Fatalf("after a restart %+v becomes %+v, and before %+v", w.state, again, next)
	}
	if next.Share < 1 && zeros(next.Old) || next.Share > 0 && zeros(next.New) {
		t.Fatalf("%+v sends traffic to a fleet without replicas", next)
	}
	if next.Share > w.state.Share && sum(seen.NewHealthy) < int(next.Share*float64(sum(w.plan.Steps[0].New))) && w.plan.Rolling {
		t.Fatalf("%+v sends traffic to %v healthy replicas", next, seen.NewHealthy)
	}
	if next.Share < w.state.Share && sum(seen.OldHealthy) == 0 && sum(seen.NewHealthy) > 0 {
		t.Fatalf("%+v sends traffic back to nobody", next)
	}
	if ended := sum(next.Old) < sum(seen.OldLeft); ended && next.Reason == "" && seen.Share < next.Share {
		t.Fatalf("%+v ends replicas whose traffic has not moved", next)
	}
	if ended := sum(next.New) < sum(seen.NewLeft); ended && next.Reason != "" && seen.Share > next.Share {
		t.Fatalf("%+v ends new replicas whose traffic has not moved back", next)
	}
	if next.Reason != "" {
		w.wasWrong = true
	}
	late := w.plan.Timeout > 0 && w.now.Sub(w.begun) > w.plan.Timeout
	switch next.Phase {
	case traffic.Provisioning, traffic.Shifting, traffic.Baking:
		if seen.Failed != "" || late || seen.Alarm != "" && w.plan.Alarms {
			t.Fatalf("%+v goes on, seen %+v after %d s", next, seen, w.second())
		}
	case traffic.Terminating:
		if seen.Alarm != "" && w.plan.Alarms {
			t.Fatalf("%+v goes on, seen %+v", next, seen)
		}
	}
	// Those that carry traffic, in a world where only what is new breaks.
	carry := 0
	if seen.Share < 1 {
		carry += sum(seen.OldHealthy)
	}
	if seen.Share > 0 {
		carry += sum(seen.NewHealthy)
	}
	if least := min(sum(w.plan.Old), sum(w.plan.Steps[len(w.plan.Steps)-1].New)); carry < least && next.Phase != traffic.RollbackFailed && !w.lost {
		t.Fatalf("%d replicas carry the traffic, and never fewer than %d are to: %+v, seen %+v", carry, least, next, seen)
	}
}

func copied(t *testing.T, from, to any) {
	t.Helper()
	data, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, to); err != nil {
		t.Fatal(err)
	}
}

// zeros says whether some variant has no replicas.
func zeros(counts []int) bool {
	for _, n := range counts {
		if n == 0 {
			return true
		}
	}
	return false
}

func sum(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
