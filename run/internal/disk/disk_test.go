//go:build linux

package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDiskWatchIsDue: measuring costs a bounded share of the time, and comes soon
// when the program might have reached its limit.
func TestDiskWatchIsDue(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	for name, c := range map[string]struct {
		took, since time.Duration
		grown       int64
		want        bool
	}{
		"quick, no hurry":       {time.Millisecond, 210 * time.Millisecond, 0, true},
		"just measured":         {time.Millisecond, 100 * time.Millisecond, 1 << 40, false},
		"slow, hurry":           {time.Second, 10 * time.Second, 51, true},
		"slow, hurry too early": {time.Second, 9 * time.Second, 51, false},
		"slow, no hurry":        {time.Second, 59 * time.Second, 50, false},
		"slow, a minute":        {time.Second, time.Minute, 0, true},
		"very slow":             {time.Minute, 9 * time.Minute, 1 << 40, false},
		"shrunk":                {time.Second, 10 * time.Second, -1 << 40, false},
	} {
		w := schedule{limit: 100, measured: 50, inUse: 1000, at: now, took: c.took}
		if got := w.due(now.Add(c.since), 1000+c.grown); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	// Law: however the file system grows, less than a tenth of the time is spent.
	w := schedule{limit: 0}
	var spent time.Duration
	for at, step := now, 0; step < 1000; step++ {
		for !w.due(at, int64(step)) {
			at = at.Add(look)
		}
		w.took = time.Duration(step) * time.Millisecond
		at = at.Add(w.took)
		spent += w.took
		w.at, w.inUse = at, int64(step)
		if step == 999 && spent > at.Sub(now)/10 {
			t.Errorf("%v of %v", spent, at.Sub(now))
		}
	}
}

// TestMeasure: what files take counts once each, wherever they are beneath, and
// nothing else does.
func TestMeasure(t *testing.T) {
	t.Parallel()
	dir, never := t.TempDir(), make(chan struct{})
	empty := measure(dir, 1<<40, never)
	write := func(name string, size int) {
		os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Repeat("x", size)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a", 1<<20)
	write("d/e/f/b", 1<<20)
	for i := range 1000 {
		write(fmt.Sprint("many/", i), 4096)
	}
	for i := range 20 {
		os.Link(filepath.Join(dir, "a"), filepath.Join(dir, fmt.Sprint("a", i)))
	}
	os.Symlink("/usr", filepath.Join(dir, "usr"))
	sparse, err := os.Create(filepath.Join(dir, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	sparse.Truncate(1 << 40)
	sparse.Close()
	if got, want := measure(dir, 1<<40, never)-empty, int64(2<<20+1000*4096); got < want || got > want+want/10 {
		t.Errorf("%d bytes, want %d", got, want)
	}
	if got := measure(dir, 1<<20, never); got <= 1<<20 || got > 3<<20 {
		t.Errorf("it went on beyond the limit: %d", got)
	}
	over := make(chan struct{})
	close(over)
	if got := measure(dir, 1<<40, over); got != 0 {
		t.Errorf("it went on after the end: %d", got)
	}
	if got := measure(filepath.Join(dir, "none"), 1, never); got != 0 {
		t.Errorf("nothing has %d bytes", got)
	}
}
