//go:build linux

package output

import (
	"testing"
	"time"
)

// TestPace: output is taken as it comes, except in a flood from one pipe, when
// it gathers for up to a millisecond, and less where that would fill the pipe.
func TestPace(t *testing.T) {
	t.Parallel()
	const out, errors = 5, 7
	type read struct {
		fd, n  int
		waited time.Duration
	}
	repeat := func(n int, r ...read) (all []read) {
		for range n {
			all = append(all, r...)
		}
		return all
	}
	flood := repeat(200, read{out, 100, 0})
	for name, c := range map[string]struct {
		reads []read
		want  func(time.Duration) bool
	}{
		"a line now and then": {repeat(100, read{out, 100, floodGap}), is(0)},
		"a few lines":         {repeat(manyReads-1, read{out, 100, 0}), is(0)},
		"both pipes":          {repeat(100, read{out, 100, 0}, read{errors, 100, 0}), is(0)},
		"a flood":             {flood, is(maxRest)},
		"a flood that ended":  {append(flood[:200:200], read{out, 100, floodGap}), is(0)},
		"a line amid a flood": {append(flood[:200:200], read{errors, 100, 0}), is(0)},
		"a full pipe":         {append(flood[:200:200], repeat(40, read{out, pipeSize, 0})...), is(0)},
		"half a pipe": {append(flood[:200:200], repeat(100, read{out, pipeSize * 3 / 4, 0}, read{out, pipeSize / 4, 0})...),
			func(d time.Duration) bool { return d > 0 && d < maxRest }},
	} {
		p := pace{capacity: pipeSize}
		for _, r := range c.reads {
			p.took(int32(r.fd), r.n, r.waited)
		}
		if got := p.rest(); !c.want(got) {
			t.Errorf("%s: rest %v", name, got)
		}
	}
}

func is(want time.Duration) func(time.Duration) bool {
	return func(got time.Duration) bool { return got == want }
}
