package capacity_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/capacity"
	"github.com/sagebrush/sagebrush/aws/instance"
)

const gib = 1 << 30

// laptop has 8 processors and 16 GiB, so it gives away 16 and 32 GiB.
var laptop = capacity.Machine{CPUs: 8, MemoryBytes: 16 * gib}

func typeOf(t *testing.T, name string) instance.Type {
	t.Helper()
	it, ok := instance.Lookup(name)
	if !ok {
		t.Fatalf("no type %s", name)
	}
	return it
}

// A host takes what its type has, and no more than the machine.
func TestDemand(t *testing.T) {
	t.Parallel()
	gpu := capacity.Machine{CPUs: 32, MemoryBytes: 256 * gib, GPUs: 2}
	for name, c := range map[string]struct {
		machine capacity.Machine
		typ     string
		hosts   int
		want    capacity.Demand
	}{
		"fits":                  {laptop, "ml.m5.large", 1, capacity.Demand{CPUs: 2, MemoryBytes: 8 * gib}},
		"more than the machine": {laptop, "ml.m5.24xlarge", 1, capacity.Demand{CPUs: 8, MemoryBytes: 16 * gib}},
		"several hosts":         {laptop, "ml.m5.large", 3, capacity.Demand{CPUs: 6, MemoryBytes: 24 * gib}},
		"big hosts":             {laptop, "ml.m5.24xlarge", 2, capacity.Demand{CPUs: 16, MemoryBytes: 32 * gib}},
		"GPUs that are not":     {laptop, "ml.g4dn.xlarge", 1, capacity.Demand{CPUs: 4, MemoryBytes: 16 * gib}},
		"GPUs":                  {gpu, "ml.g4dn.xlarge", 1, capacity.Demand{CPUs: 4, MemoryBytes: 16 * gib, GPUs: 1}},
		"more GPUs":             {gpu, "ml.g4dn.12xlarge", 1, capacity.Demand{CPUs: 32, MemoryBytes: 192 * gib, GPUs: 2}},
		"unknown figures":       {laptop, "ml.geospatial.interactive", 1, capacity.Demand{CPUs: 1}},
		"unknown memory":        {capacity.Machine{CPUs: 8}, "ml.m5.large", 1, capacity.Demand{CPUs: 2, MemoryBytes: 8 * gib}},
	} {
		if got := c.machine.Demand(typeOf(t, c.typ), c.hosts); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	if got := (capacity.Demand{CPUs: 1, GPUs: 2, MemoryBytes: 3}).Plus(capacity.Demand{CPUs: 10, GPUs: 20, MemoryBytes: 30}); got != (capacity.Demand{CPUs: 11, GPUs: 22, MemoryBytes: 33}) {
		t.Errorf("the sum is %+v", got)
	}
}

// A bound beyond all sense is no bound, and no overflow.
func TestHugeBound(t *testing.T) {
	t.Parallel()
	m := capacity.Machine{CPUs: 1 << 20, MemoryBytes: 1 << 45, MaxJobs: math.MaxInt}
	w := capacity.Waiting{ID: "a", Demand: m.Demand(typeOf(t, "ml.p5.48xlarge"), 100)}
	if got := capacity.Decide(m, []capacity.Demand{w.Demand}, []capacity.Waiting{w}); len(got) != 1 {
		t.Errorf("%v starts", got)
	}
}

// job makes a waiting job of so many hosts of a type.
func job(t *testing.T, m capacity.Machine, id, typ string, hosts int, waited time.Duration) capacity.Waiting {
	t.Helper()
	return capacity.Waiting{ID: id, Demand: m.Demand(typeOf(t, typ), hosts), Waited: waited}
}

// What users expect, each line one expectation of docs/capacity.md.
func TestDecide(t *testing.T) {
	t.Parallel()
	type jobs []string // "id type hosts" or "id type hosts waited"
	small := capacity.Machine{CPUs: 2, MemoryBytes: 8 * gib}
	gpu := capacity.Machine{CPUs: 8, MemoryBytes: 64 * gib, GPUs: 1}
	for name, c := range map[string]struct {
		machine          capacity.Machine
		running, waiting jobs
		want             string
	}{
		"nothing to do":                    {laptop, nil, nil, ""},
		"several small ones on a laptop":   {laptop, nil, jobs{"a ml.m5.large 1", "b ml.m5.large 1", "c ml.m5.large 1", "d ml.m5.large 1", "e ml.m5.large 1"}, "a b c d"},
		"four of 4 vCPUs on a laptop":      {laptop, nil, jobs{"a ml.c5.xlarge 1", "b ml.c5.xlarge 1", "c ml.c5.xlarge 1", "d ml.c5.xlarge 1", "e ml.c5.xlarge 1"}, "a b c d"},
		"two of any size on a laptop":      {laptop, nil, jobs{"a ml.m5.24xlarge 1", "b ml.m5.24xlarge 1", "c ml.m5.24xlarge 1"}, "a b"},
		"two of any size":                  {small, nil, jobs{"a ml.m5.24xlarge 1", "b ml.m5.24xlarge 1", "c ml.m5.24xlarge 1"}, "a b"},
		"beyond the machine runs alone":    {small, nil, jobs{"a ml.m5.large 9", "b ml.m5.large 1"}, "a"},
		"nothing beside it":                {small, jobs{"a ml.m5.large 9"}, jobs{"b ml.t3.medium 1"}, ""},
		"it waits until it is alone":       {small, jobs{"a ml.m5.large 1"}, jobs{"b ml.m5.large 9"}, ""},
		"as many as max-jobs, of any size": {capacity.Machine{CPUs: 2, MemoryBytes: 8 * gib, MaxJobs: 3}, nil, jobs{"a ml.m5.24xlarge 1", "b ml.m5.24xlarge 1", "c ml.m5.24xlarge 1", "d ml.t3.medium 1"}, "a b c"},
		"one at a time":                    {capacity.Machine{CPUs: 8, MemoryBytes: 8 * gib, MaxJobs: 1}, nil, jobs{"a ml.t3.medium 1", "b ml.t3.medium 1"}, "a"},
		"max-jobs and a factor":            {capacity.Machine{CPUs: 2, MemoryBytes: 8 * gib, MaxJobs: 3, Overcommit: 1}, nil, jobs{"a ml.m5.24xlarge 1", "b ml.t3.medium 1"}, "a"},
		"a fraction":                       {capacity.Machine{CPUs: 4, Overcommit: 1.5}, nil, jobs{"a ml.m5.xlarge 1", "b ml.m5.large 1", "c ml.m5.large 1"}, "a b"},
		"memory counts":                    {capacity.Machine{CPUs: 64, MemoryBytes: 32 * gib}, nil, jobs{"a ml.r5.xlarge 1", "b ml.r5.xlarge 1", "c ml.r5.xlarge 1"}, "a b"},
		"unknown memory does not":          {capacity.Machine{CPUs: 64}, nil, jobs{"a ml.r5.xlarge 1", "b ml.r5.xlarge 1", "c ml.r5.xlarge 1"}, "a b c"},
		"a GPU is not shared":              {gpu, jobs{"a ml.g4dn.xlarge 1"}, jobs{"b ml.g4dn.xlarge 1"}, ""},
		"a patient job lets others pass":   {laptop, jobs{"r ml.m5.2xlarge 1"}, jobs{"big ml.m5.2xlarge 2 59s", "b ml.t3.medium 1"}, "b"},
		"an impatient one does not":        {laptop, jobs{"r ml.m5.2xlarge 1"}, jobs{"big ml.m5.2xlarge 2 60s", "b ml.t3.medium 1"}, ""},
		"patience can be set":              {capacity.Machine{CPUs: 8, Patience: time.Hour}, jobs{"r ml.m5.2xlarge 1"}, jobs{"big ml.m5.2xlarge 2 59m", "b ml.t3.medium 1"}, "b"},
		"who needs no GPU passes":          {gpu, jobs{"r ml.g4dn.xlarge 1"}, jobs{"g ml.g4dn.xlarge 1 9h", "b ml.m5.xlarge 1", "c ml.m5.xlarge 1", "d ml.m5.xlarge 1"}, "b c"},
		"but leaves CPUs for who waits":    {gpu, jobs{"r ml.g4dn.xlarge 1"}, jobs{"g ml.g4dn.xlarge 1 9h", "b ml.m5.2xlarge 1", "c ml.m5.2xlarge 1"}, "b"},
		"the order is that of arrival":     {laptop, jobs{"r ml.c5.2xlarge 1"}, jobs{"a ml.m5.xlarge 1 1s", "b ml.m5.large 1 9s"}, "a"},
	} {
		var running []capacity.Demand
		var waiting []capacity.Waiting
		parse := func(text string) capacity.Waiting {
			f := strings.Fields(text + " 0s")
			waited, err := time.ParseDuration(f[3])
			if err != nil {
				t.Fatal(err)
			}
			return job(t, c.machine, f[0], f[1], int(f[2][0]-'0'), waited)
		}
		for _, text := range c.running {
			running = append(running, parse(text).Demand)
		}
		for _, text := range c.waiting {
			waiting = append(waiting, parse(text))
		}
		if got := strings.Join(capacity.Decide(c.machine, running, waiting), " "); got != c.want {
			t.Errorf("%s: starts %q, want %q", name, got, c.want)
		}
	}
}

// A machine that has become smaller, or whose bound was lowered while jobs ran,
// starts nothing until it is no longer overdrawn.
func TestOverdrawn(t *testing.T) {
	t.Parallel()
	m := capacity.Machine{CPUs: 2, MaxJobs: 1}
	running := []capacity.Demand{{CPUs: 2}, {CPUs: 2}}
	waiting := []capacity.Waiting{{ID: "a", Demand: capacity.Demand{CPUs: 1}}}
	for len(running) > 0 {
		if got := capacity.Decide(m, running, waiting); got != nil {
			t.Errorf("%d run and %v starts", len(running), got)
		}
		running = running[1:]
	}
	if got := capacity.Decide(m, running, waiting); len(got) != 1 {
		t.Errorf("nothing runs and %v starts", got)
	}
}
