package inferencecomponent

import (
	"fmt"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// Resources are those of an instance, or a part of them. Processors and devices are
// counted in thousandths, so that sums are exact.
type Resources struct {
	MilliCPUs, MilliDevices, MemoryMB int64
}

// needs is what a copy takes of its instance: the memory that it has to have at
// least.
func needs(s *sagemaker.InferenceComponentSpecification) Resources {
	q := s.ComputeResourceRequirements
	return Resources{
		MilliCPUs:    thousandths(q.NumberOfCpuCoresRequired),
		MilliDevices: thousandths(q.NumberOfAcceleratorDevicesRequired),
		MemoryMB:     int64(aws.Val(q.MinMemoryRequiredInMb)),
	}
}

func thousandths(f *float32) int64 { return int64(float64(aws.Val(f))*1000 + 0.5) }

// holds says whether need fits into r.
func (r Resources) holds(need Resources) bool {
	return need.MilliCPUs <= r.MilliCPUs && need.MilliDevices <= r.MilliDevices && need.MemoryMB <= r.MemoryMB
}

func (r Resources) minus(o Resources) Resources {
	return Resources{r.MilliCPUs - o.MilliCPUs, r.MilliDevices - o.MilliDevices, r.MemoryMB - o.MemoryMB}
}

// String is r as users count it.
func (r Resources) String() string {
	var parts []string
	if r.MilliCPUs > 0 {
		parts = append(parts, fmt.Sprintf("%g CPU cores", float64(r.MilliCPUs)/1000))
	}
	if r.MilliDevices > 0 {
		parts = append(parts, fmt.Sprintf("%g accelerator devices", float64(r.MilliDevices)/1000))
	}
	return strings.Join(append(parts, fmt.Sprintf("%d MB of memory", max(0, r.MemoryMB))), ", ")
}

// place is the instance for a copy, -1 where it fits into none: the one that has
// the least left afterwards, so that copies which need much find an instance that
// still has it. free is what each instance has left.
func place(free []Resources, need Resources) int {
	best, least := -1, 0.0
	for i, r := range free {
		if !r.holds(need) {
			continue
		}
		if left := share(need, r); best < 0 || left > least {
			best, least = i, left
		}
	}
	return best
}

// share is how much need is of what there is: the largest part of any resource.
func share(need, of Resources) float64 {
	part := func(n, d int64) float64 {
		if d <= 0 {
			return 0
		}
		return float64(n) / float64(d)
	}
	return max(part(need.MilliCPUs, of.MilliCPUs), part(need.MilliDevices, of.MilliDevices), part(need.MemoryMB, of.MemoryMB))
}

// shortage says why a copy fits nowhere.
func shortage(need Resources, r rooms) string {
	switch {
	case len(r.free) == 0:
		return fmt.Sprintf("The variant has no instances for a copy of the model, which needs %s.", need)
	case !r.whole.holds(need):
		return fmt.Sprintf("A copy of the model needs %s, and an instance (%s) has %s: take a larger instance type, or ask for less.", need, r.kind, r.whole)
	}
	best := r.free[0]
	for _, f := range r.free {
		if share(need, best) > share(need, f) {
			best = f
		}
	}
	return fmt.Sprintf("There is not enough room on the %d instances of the variant (%s) for another copy of the model, which needs %s; the emptiest has %s left. Add instances, or take copies away.", len(r.free), r.kind, need, best)
}

// rooms are the instances of a variant.
type rooms struct {
	kind string
	// whole is an instance without copies; free what each has left.
	whole Resources
	free  []Resources
}
