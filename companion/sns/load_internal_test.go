package sns

import (
	"testing"
	"time"
)

// A subscriber that takes its messages gets many at a time; one that does not gets
// few, and the others of its messages wait the longer the more there are.
func TestLoads(t *testing.T) {
	t.Parallel()
	var l loads
	now := time.Unix(1_700_000_000, 0)
	enter := func(n int) (entered int, last time.Duration) {
		for id := range n {
			pause, ok := l.enter("s", int64(id), now)
			if ok {
				entered++
			} else {
				last = pause
			}
		}
		return entered, last
	}
	if n, pause := enter(100); n != maxBusy || pause > 10*time.Millisecond {
		t.Errorf("%d set out at once, the others wait for %v", n, pause)
	}
	for range maxBusy {
		l.leave("s", true, now, now)
	}
	if len(l.list) != 0 {
		t.Error("it is remembered that all is well")
	}
	enter(1)
	now = now.Add(2 * slowAfter)
	n, pause := enter(1000)
	if n != maxSlow-1 || pause != longestWait {
		t.Errorf("%d set out to somebody who hangs, the last waits for %v", n, pause)
	}
	if pause, ok := l.enter("other", 1, now); !ok {
		t.Errorf("another waits for %v", pause)
	}
	for range maxSlow {
		l.leave("s", false, now, now)
	}
	if n, _ := enter(10); n != maxSlow {
		t.Errorf("%d set out to somebody who has failed", n)
	}
	l.leave("s", true, now, now)
	if n, _ := enter(10); n != 10 {
		t.Errorf("%d of 10 set out to somebody who is well again", n)
	}
}
