package traffic_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/traffic"
	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// config is a random deployment.
func config(random *rand.Rand) *sagemaker.DeploymentConfig {
	var c *sagemaker.DeploymentConfig
	switch random.IntN(5) {
	case 0:
		c = blueGreen(sagemaker.TrafficRoutingConfigTypeAllAtOnce, nil, nil)
	case 1:
		c = blueGreen(sagemaker.TrafficRoutingConfigTypeCanary, percent(1+random.Int32N(50)), nil)
	case 2:
		c = blueGreen(sagemaker.TrafficRoutingConfigTypeLinear, nil, percent(10+random.Int32N(41)))
	default:
		c = rolling(percent(5+random.Int32N(46)), percent(5+random.Int32N(96)))
	}
	if random.IntN(2) == 0 {
		c = watched(c)
	}
	return c
}

func fleet(random *rand.Rand) []int {
	counts := make([]int, 1+random.IntN(3))
	for i := range counts {
		counts[i] = 1 + random.IntN(9)
	}
	return counts
}

// TestUpdates: random deployments of random fleets in which things go wrong at random
// times. They end, and as they ought to (UpdateEndpoint-1, Deploy-1 … Deploy-3).
func TestUpdates(t *testing.T) {
	t.Parallel()
	ends := map[traffic.Phase]int{}
	for seed := range uint64(1000) {
		random := rand.New(rand.NewPCG(seed, 1))
		p, err := traffic.Make(config(random), fleet(random), fleet(random))
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(p)
		w.starts, w.moves = random.IntN(5), random.IntN(4)
		w.oldFails = random.IntN(3) == 0
		switch random.IntN(4) {
		case 0:
			w.failsAt = 1 + random.IntN(60)
		case 1:
			w.alarmAt = 1 + random.IntN(120)
		case 2:
			if random.IntN(2) == 0 {
				p.Timeout = time.Duration(1+random.IntN(60)) * time.Second
			}
		}
		for !w.state.Ended() {
			if w.tick(t); w.second() > 2000 {
				t.Fatalf("seed %d: it does not end: %+v", seed, w.state)
			}
		}
		ends[w.state.Phase]++
		full := p.Steps[len(p.Steps)-1].New
		switch s := w.state; s.Phase {
		case traffic.Done:
			if w.wasWrong || sum(left(w.old)) > 0 || !reflect.DeepEqual(w.healthy(w.new), full) || w.share != 1 {
				t.Errorf("seed %d: done with %+v", seed, w)
			}
		case traffic.RolledBack:
			if !w.wasWrong || s.Reason == "" || sum(left(w.new)) > 0 || !reflect.DeepEqual(w.healthy(w.old), p.Old) || w.share != 0 {
				t.Errorf("seed %d: rolled back with %+v", seed, w)
			}
		case traffic.RollbackFailed:
			if !w.wasWrong || !w.lost || !p.Rolling {
				t.Errorf("seed %d: the rollback failed with %+v", seed, w)
			}
		}
		if next := p.Next(w.state, w.seen()); !reflect.DeepEqual(next, w.state) {
			t.Errorf("seed %d: %+v ended and becomes %+v", seed, w.state, next)
		}
	}
	for _, phase := range []traffic.Phase{traffic.Done, traffic.RolledBack, traffic.RollbackFailed} {
		if ends[phase] < 20 {
			t.Errorf("only %d updates ended as %s", ends[phase], phase)
		}
	}
}

// TestUnwatched: without alarms an alarm changes nothing, and nobody waits after the
// last step (Deploy-3).
func TestUnwatched(t *testing.T) {
	t.Parallel()
	p, err := traffic.Make(rolling(percent(50), nil), []int{2}, []int{2})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(p)
	w.alarmAt = 1
	for !w.state.Ended() {
		w.tick(t)
	}
	if w.state.Phase != traffic.Done || w.second() >= 20 {
		t.Errorf("%s after %d s", w.state.Phase, w.second())
	}
}

// TestNobodyBack: of a blue/green update traffic goes back at once when the old fleet
// answers; not while it does not and the new one does, and again when none does.
func TestNobodyBack(t *testing.T) {
	t.Parallel()
	p, err := traffic.Make(watched(blueGreen(sagemaker.TrafficRoutingConfigTypeAllAtOnce, nil, nil)), []int{2, 1}, []int{1})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		old  []int
		new  int
		want traffic.Phase
	}{
		{[]int{2, 1}, 1, traffic.Returning}, {[]int{1, 1}, 1, traffic.Returning}, {[]int{2, 0}, 1, traffic.Restoring},
		{[]int{0, 0}, 1, traffic.Restoring}, {[]int{0, 0}, 0, traffic.Returning},
	} {
		s := traffic.State{Phase: traffic.Terminating, Old: p.Old, New: []int{1}, Share: 1}
		seen := traffic.Seen{OldHealthy: c.old, NewHealthy: []int{c.new}, OldLeft: p.Old, NewLeft: []int{1}, Share: 1, Alarm: "errors", Lost: "It did not start."}
		s = p.Next(s, seen)
		if s.Phase != traffic.Restoring || s.Reason == "" {
			t.Fatalf("%+v", s)
		}
		if s = p.Next(s, seen); s.Phase != c.want {
			t.Errorf("%v old and %d new are healthy: %+v, want %s", c.old, c.new, s, c.want)
		}
	}
}
