package replica

import (
	"context"
	"time"

	"github.com/sagebrush/sagebrush/run"
)

// Utilization is what the containers of a replica use together, in percent: of one
// processor since they were last asked, so that two busy ones are 200, and of their
// memory limits (Host-9). Memory is below 0 where it is not known.
type Utilization struct{ CPU, Memory float64 }

// Utilization asks what the replica uses; ok is false the first time, and while its
// programs do not run. It belongs to one goroutine.
func (d *Driver) Utilization(ctx context.Context) (u Utilization, ok bool) {
	now := run.Usage{}
	for _, at := range d.job.dials {
		p := at.running()
		if p == nil {
			return u, false
		}
		used, err := p.Usage(ctx)
		if err != nil {
			return u, false
		}
		if now.CPUTime += used.CPUTime; used.At.After(now.At) {
			now.At = used.At
		}
		if used.MemoryBytes < 0 || now.MemoryBytes < 0 {
			now.MemoryBytes = -1
		} else {
			now.MemoryBytes += used.MemoryBytes
		}
	}
	limit := d.job.limits().MemoryBytes * int64(len(d.job.dials))
	before := d.used
	d.used = now
	return between(before, now, limit)
}

// between is what was used from one moment to another; not known where a program
// began anew meanwhile. limit is that of the memory, 0 for none.
func between(from, to run.Usage, limit int64) (u Utilization, ok bool) {
	passed := to.At.Sub(from.At)
	if from.At.IsZero() || passed < time.Millisecond || to.CPUTime < from.CPUTime {
		return u, false
	}
	u = Utilization{CPU: 100 * float64(to.CPUTime-from.CPUTime) / float64(passed), Memory: -1}
	if limit > 0 && to.MemoryBytes >= 0 {
		u.Memory = 100 * float64(to.MemoryBytes) / float64(limit)
	}
	return u, true
}
