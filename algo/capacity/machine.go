package capacity

import (
	"time"

	"github.com/sagebrush/sagebrush/aws/instance"
)

// The defaults of Machine.
const (
	DefaultOvercommit = 2
	DefaultPatience   = time.Minute
)

// Machine is what jobs share, and how it is shared.
type Machine struct {
	// CPUs and GPUs of the machine; less than one CPU counts as one.
	CPUs, GPUs int
	// MemoryBytes that jobs may use together, 0 when unknown: memory is then not counted.
	MemoryBytes int64
	// MaxJobs bounds how many jobs run at once, 0 for no bound.
	MaxJobs int
	// Overcommit is how many times CPUs and memory are given away. 0 takes
	// MaxJobs where that is set, so that so many jobs of one host do run at once
	// whatever their instance types, and DefaultOvercommit otherwise.
	Overcommit float64
	// Patience is for how long a job that does not fit yet lets others pass,
	// DefaultPatience if 0.
	Patience time.Duration
}

// Demand is what a job takes of the machine while it runs.
type Demand struct {
	CPUs, GPUs  int
	MemoryBytes int64
}

// Demand is what so many hosts of an instance type take: each what the type
// has, at most what the machine has, and at least one CPU, also when the type's
// figures are unknown. The demand of several instance groups is their sum.
func (m Machine) Demand(t instance.Type, hosts int) Demand {
	memory := t.MemoryBytes
	if m.MemoryBytes > 0 {
		memory = min(memory, m.MemoryBytes)
	}
	return Demand{
		CPUs:        hosts * max(1, min(t.VCPUs, m.CPUs)),
		GPUs:        hosts * min(t.GPUs, m.GPUs),
		MemoryBytes: int64(hosts) * memory,
	}
}

// Plus is both demands together.
func (d Demand) Plus(o Demand) Demand {
	return Demand{CPUs: d.CPUs + o.CPUs, GPUs: d.GPUs + o.GPUs, MemoryBytes: d.MemoryBytes + o.MemoryBytes}
}

// The resources that are counted.
const (
	places = iota // of MaxJobs
	milliCPUs
	memory
	gpus
	resources
)

// amounts is so much of each resource.
type amounts [resources]int64

// unlimited is the amount of a resource that is not counted: more than all jobs
// of the world take of it.
const unlimited = 1 << 62

// total is all that the machine gives away.
func (m Machine) total() amounts {
	factor := m.Overcommit
	switch {
	case factor > 0:
	case m.MaxJobs > 0:
		factor = float64(m.MaxJobs)
	default:
		factor = DefaultOvercommit
	}
	t := amounts{places: unlimited, milliCPUs: times(1000*int64(max(1, m.CPUs)), factor), memory: unlimited, gpus: int64(m.GPUs)}
	if m.MaxJobs > 0 {
		t[places] = int64(m.MaxJobs)
	}
	if m.MemoryBytes > 0 {
		t[memory] = times(m.MemoryBytes, factor)
	}
	return t
}

// times is amount by factor, unlimited at most.
func times(amount int64, factor float64) int64 {
	return int64(min(float64(amount)*factor, unlimited))
}

// of is what a job takes of total: no more than there is.
func (d Demand) of(total amounts) amounts {
	a := amounts{places: 1, milliCPUs: int64(d.CPUs) * 1000, memory: d.MemoryBytes, gpus: int64(d.GPUs)}
	for r := range a {
		a[r] = min(a[r], total[r])
	}
	return a
}

// minus is what is left of a.
func (a amounts) minus(b amounts) amounts {
	for r := range a {
		a[r] -= b[r]
	}
	return a
}
