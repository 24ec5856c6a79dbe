package inside

import (
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// stop sends SIGTERM, once, and plans SIGKILL; again, it may only come sooner. A
// grace below 0 plans none: whoever sent the signal sees to the rest.
func (h *holder) stop(grace time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return
	}
	if !h.stopped {
		h.stopped = true
		unix.Kill(-h.pid, unix.SIGTERM)
	}
	at := time.Now().Add(grace)
	switch {
	case grace < 0:
	case h.kill == nil:
		h.kill, h.killAt = time.AfterFunc(grace, killAll), at
	case at.Before(h.killAt):
		h.kill.Reset(grace)
		h.killAt = at
	}
}

// catch takes the signals that the engine sends to a container's first process.
func catch() <-chan os.Signal {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	return signals
}

// watch holds the wall time, passes signals on, and ends the whole program when
// the kernel killed a part of it for memory.
func (h *holder) watch() {
	var wall, memory <-chan time.Time
	if h.plan.Wall > 0 {
		wall = time.After(time.Until(h.started.Add(h.plan.Wall)))
	}
	if h.plan.WatchMemory {
		memory = time.Tick(100 * time.Millisecond)
	}
	for {
		select {
		case <-h.signals: // docker stop, or the machine shuts down; SIGKILL is theirs
			h.stop(-1)
		case <-wall:
			h.mu.Lock()
			h.timedOut = !h.ended
			h.mu.Unlock()
			h.stop(max(h.plan.Grace, 0))
		case <-memory:
			if oomKills() > h.oomBase {
				h.mu.Lock()
				h.oom = true
				h.mu.Unlock()
				killAll()
			}
		}
	}
}
