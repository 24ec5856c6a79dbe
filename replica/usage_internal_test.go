package replica

import (
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/run"
)

// Host-9: processors by the time between two moments, memory by its limit; nothing is
// known before the second moment, nor when a program has begun anew.
func TestUtilization(t *testing.T) {
	t.Parallel()
	at := func(seconds int, cpu time.Duration, memory int64) run.Usage {
		return run.Usage{At: time.Unix(int64(seconds), 0), CPUTime: cpu, MemoryBytes: memory}
	}
	for name, c := range map[string]struct {
		from, to run.Usage
		limit    int64
		want     Utilization
		ok       bool
	}{
		"busy":       {at(10, time.Second, 1), at(20, 16*time.Second, 50), 200, Utilization{150, 25}, true},
		"idle":       {at(10, time.Second, 1), at(20, time.Second, 0), 200, Utilization{0, 0}, true},
		"no limit":   {at(10, 0, 1), at(20, time.Second, 50), 0, Utilization{10, -1}, true},
		"no memory":  {at(10, 0, -1), at(20, time.Second, -1), 200, Utilization{10, -1}, true},
		"first":      {run.Usage{}, at(20, time.Second, 1), 200, Utilization{}, false},
		"began anew": {at(10, time.Minute, 1), at(20, time.Second, 1), 200, Utilization{}, false},
		"at once":    {at(10, 0, 1), at(10, time.Second, 1), 200, Utilization{}, false},
	} {
		if got, ok := between(c.from, c.to, c.limit); got != c.want || ok != c.ok {
			t.Errorf("%s: %+v, %t", name, got, ok)
		}
	}
}
