package capacity_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/capacity"
)

// simulated is a job in a simulated machine; times are in seconds.
type simulated struct {
	id                string
	demand            capacity.Demand
	arrives, lasts    int
	started, expected int // expected is the latest start
}

// simulate lets jobs arrive, start and end, second by second, until all have
// ended, and checks after every decision what Decide promises.
func simulate(t *testing.T, m capacity.Machine, jobs []*simulated) {
	t.Helper()
	longest := 0
	for _, j := range jobs {
		longest = max(longest, j.lasts)
	}
	byID := map[string]*simulated{}
	var waiting, running []*simulated
	next := 0
	for now := 0; next < len(jobs) || len(waiting)+len(running) > 0; now++ {
		running = slices.DeleteFunc(running, func(j *simulated) bool { return j.started+j.lasts <= now })
		for ; next < len(jobs) && jobs[next].arrives <= now; next++ {
			j := jobs[next]
			// Those ahead start one after the other at worst, each when what ran has ended.
			j.expected = now + int(m.Patience/time.Second) + (len(waiting)+1)*longest
			byID[j.id] = j
			waiting = append(waiting, j)
		}
		starts := capacity.Decide(m, demands(running), queue(waiting, now))
		if again := capacity.Decide(m, demands(running), queue(waiting, now)); !slices.Equal(starts, again) {
			t.Fatalf("%d s: %v, and asked again %v", now, starts, again)
		}
		if len(running) == 0 && len(waiting) > 0 && len(starts) == 0 {
			t.Fatalf("%d s: nothing runs, %d wait, and nothing starts", now, len(waiting))
		}
		for _, id := range starts {
			j := byID[id]
			at := slices.Index(waiting, j)
			if at < 0 {
				t.Fatalf("%d s: %q starts and does not wait", now, id)
			}
			for _, earlier := range waiting[:at] {
				if earlier.demand == j.demand {
					t.Fatalf("%d s: %s passes %s, which wants the same", now, id, earlier.id)
				}
			}
			if j.started = now; now > j.expected {
				t.Fatalf("%s waited from %d s until %d s, expected at the latest at %d s", id, j.arrives, now, j.expected)
			}
			waiting = slices.Delete(waiting, at, at+1)
			running = append(running, j)
		}
		if fault := beyond(m, running); fault != "" {
			t.Fatalf("%d s: %s: %+v on %+v", now, fault, demands(running), m)
		}
		if more := capacity.Decide(m, demands(running), queue(waiting, now)); len(more) > 0 {
			t.Fatalf("%d s: asked again after the start of %v, %v starts too", now, starts, more)
		}
	}
}

func demands(jobs []*simulated) (list []capacity.Demand) {
	for _, j := range jobs {
		list = append(list, j.demand)
	}
	return list
}

func queue(jobs []*simulated, now int) (list []capacity.Waiting) {
	for _, j := range jobs {
		list = append(list, capacity.Waiting{ID: j.id, Demand: j.demand, Waited: time.Duration(now-j.arrives) * time.Second})
	}
	return list
}

// beyond says which resource the running jobs exceed. It counts by itself, in
// other words than the package.
func beyond(m capacity.Machine, running []*simulated) string {
	factor := m.Overcommit
	if factor == 0 {
		factor = 2
		if m.MaxJobs > 0 {
			factor = float64(m.MaxJobs)
		}
	}
	var cpus, memory, gpus float64
	for _, j := range running {
		cpus += math.Min(float64(j.demand.CPUs), factor*float64(m.CPUs))
		memory += math.Min(float64(j.demand.MemoryBytes), factor*float64(m.MemoryBytes))
		gpus += math.Min(float64(j.demand.GPUs), float64(m.GPUs))
	}
	switch {
	case m.MaxJobs > 0 && len(running) > m.MaxJobs:
		return "too many jobs"
	case cpus > factor*float64(m.CPUs):
		return "too many CPUs"
	case m.MemoryBytes > 0 && memory > factor*float64(m.MemoryBytes):
		return "too much memory"
	case gpus > float64(m.GPUs):
		return "too many GPUs"
	}
	return ""
}

// Whatever arrives on whatever machine: never beyond capacity, never idle while
// something waits, first come first served among equals, and every job starts
// within a bound that depends only on those ahead of it.
func TestPromises(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		m := capacity.Machine{
			CPUs: 1 + rnd.IntN(16), GPUs: rnd.IntN(3), MemoryBytes: int64(rnd.IntN(9)) * 8 * gib,
			MaxJobs: rnd.IntN(5) * rnd.IntN(2), Overcommit: float64(rnd.IntN(4)) * 0.75,
			Patience: time.Duration(1+rnd.IntN(30)) * time.Second,
		}
		var jobs []*simulated
		at := 0
		for i := range 20 + rnd.IntN(100) {
			at += rnd.IntN(4) * rnd.IntN(3)
			jobs = append(jobs, &simulated{
				id: strconv.Itoa(i), arrives: at, lasts: 1 + rnd.IntN(20),
				demand: capacity.Demand{
					CPUs: 1 + rnd.IntN(1+rnd.IntN(3*m.CPUs)), GPUs: rnd.IntN(2) * rnd.IntN(4),
					MemoryBytes: int64(rnd.IntN(12)) * 4 * gib,
				},
			})
		}
		simulate(t, m, jobs)
	}
}

// The stream that starves big jobs elsewhere: small ones that keep coming so
// that the machine is never free enough. With patience the big one starts soon
// after it lost it; without an end of patience it would wait for the stream's end.
func TestBigJobsDoNotStarve(t *testing.T) {
	t.Parallel()
	stream := func() []*simulated {
		jobs := []*simulated{
			{id: "first", lasts: 10, demand: capacity.Demand{CPUs: 1}},
			{id: "big", arrives: 1, lasts: 10, demand: capacity.Demand{CPUs: 8}},
		}
		for i := range 500 {
			jobs = append(jobs, &simulated{id: strconv.Itoa(i), arrives: 1 + i, lasts: 10, demand: capacity.Demand{CPUs: 1 + i%2}})
		}
		return jobs
	}
	m := capacity.Machine{CPUs: 4, Patience: 30 * time.Second}
	jobs := stream()
	simulate(t, m, jobs)
	if big := jobs[1]; big.started > 1+30+10 {
		t.Errorf("the big job started after %d s", big.started)
	}
	m.Patience = 24 * time.Hour
	jobs = stream()
	simulate(t, m, jobs)
	if big := jobs[1]; big.started < 500 {
		t.Errorf("the stream does not starve the big job, which started after %d s: it proves nothing", big.started)
	}
}

// A long queue is decided quickly enough to be asked at every arrival.
func BenchmarkDecide(b *testing.B) {
	m := capacity.Machine{CPUs: 8, MemoryBytes: 16 * gib}
	running := slices.Repeat([]capacity.Demand{{CPUs: 2, MemoryBytes: 8 * gib}}, 3)
	waiting := slices.Repeat([]capacity.Waiting{{ID: "w", Demand: capacity.Demand{CPUs: 8, MemoryBytes: 16 * gib}}}, 10000)
	for b.Loop() {
		capacity.Decide(m, running, waiting)
	}
}
