package capacity_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/capacity"
)

// WarmPool-1: pools go when a job needs what they hold, and only those.
func TestDecideWarm(t *testing.T) {
	t.Parallel()
	m := capacity.Machine{CPUs: 4, GPUs: 1, Overcommit: 1}
	cpu := func(n int) capacity.Demand { return capacity.Demand{CPUs: n} }
	gpu := capacity.Demand{CPUs: 1, GPUs: 1}
	job := func(id string, d capacity.Demand) capacity.Waiting { return capacity.Waiting{ID: id, Demand: d} }
	for name, c := range map[string]struct {
		running, warm []capacity.Demand
		waiting       []capacity.Waiting
		start         []string
		evict         []int
	}{
		"nobody waits":            {nil, []capacity.Demand{cpu(4)}, nil, nil, nil},
		"there is room":           {nil, []capacity.Demand{cpu(1)}, []capacity.Waiting{job("a", cpu(2))}, []string{"a"}, nil},
		"the oldest goes":         {nil, []capacity.Demand{cpu(2), cpu(2)}, []capacity.Waiting{job("a", cpu(1))}, []string{"a"}, []int{0}},
		"as many as needed":       {nil, []capacity.Demand{cpu(1), cpu(1), cpu(2)}, []capacity.Waiting{job("a", cpu(2))}, []string{"a"}, []int{0, 1}},
		"the one with the GPU":    {nil, []capacity.Demand{cpu(1), gpu, cpu(1)}, []capacity.Waiting{job("a", gpu)}, []string{"a"}, []int{1}},
		"none helps":              {[]capacity.Demand{cpu(3)}, []capacity.Demand{cpu(1)}, []capacity.Waiting{job("a", cpu(4))}, nil, nil},
		"one fits, another never": {[]capacity.Demand{cpu(1)}, []capacity.Demand{cpu(1), cpu(1)}, []capacity.Waiting{job("a", cpu(1)), job("b", cpu(4))}, []string{"a"}, nil},
	} {
		start, evict := capacity.DecideWarm(m, c.running, c.warm, c.waiting)
		if !slices.Equal(start, c.start) || !slices.Equal(evict, c.evict) {
			t.Errorf("%s: starts %v and evicts %v, want %v and %v", name, start, evict, c.start, c.evict)
		}
	}
}

// Whatever is warm: the jobs that start are those that would without pools, and
// with the pools that stay they still do.
func TestWarmPoolsDelayNobody(t *testing.T) {
	t.Parallel()
	evictions := 0
	for seed := range uint64(2000) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		m := capacity.Machine{CPUs: 1 + rnd.IntN(8), GPUs: rnd.IntN(3), MemoryBytes: 8 * gib, Overcommit: 1}
		some := func() (list []capacity.Demand) {
			for range rnd.IntN(5) {
				list = append(list, capacity.Demand{CPUs: 1 + rnd.IntN(4), GPUs: rnd.IntN(2), MemoryBytes: int64(rnd.IntN(4)) * gib})
			}
			return list
		}
		running, warm := some(), some()
		var waiting []capacity.Waiting
		for i, d := range some() {
			waiting = append(waiting, capacity.Waiting{ID: string(rune('a' + i)), Demand: d, Waited: time.Duration(rnd.IntN(3)) * time.Minute})
		}
		start, evict := capacity.DecideWarm(m, running, warm, waiting)
		evictions += len(evict)
		if alone := capacity.Decide(m, running, waiting); !slices.Equal(start, alone) {
			t.Fatalf("seed %d: %v start, without pools %v", seed, start, alone)
		}
		held := slices.Clone(running)
		for i, pool := range warm {
			if !slices.Contains(evict, i) {
				held = append(held, pool)
			}
		}
		if with := capacity.Decide(m, held, waiting); !slices.Equal(with, start) {
			t.Fatalf("seed %d: with the pools that stay %v start, not %v", seed, with, start)
		}
		if len(start) == 0 && len(evict) > 0 {
			t.Fatalf("seed %d: the pools %v go for nothing", seed, evict)
		}
	}
	if evictions < 300 {
		t.Errorf("only %d pools had to go: the law was hardly tried", evictions)
	}
}
