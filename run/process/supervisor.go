//go:build linux

package process

import (
	"os"
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/internal/output"
)

// interruptGrace is what a program gets when somebody sends SIGTERM to its
// supervisor, as a machine that shuts down does.
const interruptGrace = 10 * time.Second

// supervisor holds one program.
type supervisor struct {
	dir     stateDir
	spec    order
	mode    string // how it was started: private, user or shared
	confirm *os.File

	joint     joint // how the program is joined to its network
	network   networkDir
	addresses subnet

	forker  forker
	base    string // what the program calls /opt/ml
	groups  *cgroups
	out     *output.Output
	pid     int
	started time.Time
	over    chan struct{} // closed when the program was reaped

	mu       sync.Mutex
	ended    bool        // the program was reaped
	kill     *time.Timer // SIGKILL at the end of the grace
	killAt   time.Time
	timedOut bool
	oom      bool
	diskFull bool
}

// stop sends SIGTERM and plans SIGKILL; again, it may only come sooner.
func (s *supervisor) stop(grace time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	at := time.Now().Add(grace)
	if s.kill == nil {
		unix.Kill(-s.pid, unix.SIGTERM)
		s.kill = time.AfterFunc(grace, s.killAll)
		s.killAt = at
	} else if at.Before(s.killAt) {
		s.kill.Reset(grace)
		s.killAt = at
	}
}

// diskIsFull ends a program that keeps more beneath its OptML than it may.
func (s *supervisor) diskIsFull() {
	s.mu.Lock()
	s.diskFull = true
	s.mu.Unlock()
	s.killAll()
}

// killAll ends everything that belongs to the program.
func (s *supervisor) killAll() {
	s.groups.kill()
	for _, pid := range descendants(os.Getpid()) {
		unix.Kill(pid, unix.SIGKILL)
	}
}

// await reaps until nothing is left and answers how the program ended.
func (s *supervisor) await() run.Exit {
	exit := run.Exit{StartedAt: s.started}
	main := make(chan unix.WaitStatus, 1)
	all := make(chan struct{})
	go func() {
		defer close(all)
		for {
			var ws unix.WaitStatus
			pid, err := unix.Wait4(-1, &ws, unix.WALL, nil)
			switch {
			case err == unix.EINTR:
			case err != nil:
				return // ECHILD: as a subreaper we know that nobody is left
			case pid == s.pid:
				s.mu.Lock()
				s.ended = true
				s.mu.Unlock()
				close(s.over)
				main <- ws
			}
		}
	}()
	ws := <-main
	exit.EndedAt = time.Now()
	s.sweep(all)
	s.out.Drain()
	s.record(&exit, ws)
	return exit
}

// sweep kills what the program left behind until it is gone. What does not even
// die then (it hangs in the kernel) is not waited for.
func (s *supervisor) sweep(all <-chan struct{}) {
	pause := time.Millisecond
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); pause = min(2*pause, 100*time.Millisecond) {
		select {
		case <-all:
			return
		case <-time.After(pause):
			s.killAll()
		}
	}
}

// record completes the exit with the program's status and what it used.
func (s *supervisor) record(e *run.Exit, ws unix.WaitStatus) {
	if ws.Signaled() {
		e.Code, e.Signal = -1, unix.SignalName(ws.Signal())
	} else {
		e.Code = ws.ExitStatus()
	}
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_CHILDREN, &ru) == nil {
		e.CPUTime = time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
		e.MaxMemoryBytes = ru.Maxrss << 10
	}
	if peak := s.groups.peak(); peak > 0 {
		e.MaxMemoryBytes = peak
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// A program that got over the loss of a child and ended well was not ended.
	well := e.Code == 0 && e.Signal == ""
	e.OOMKilled = (s.oom || s.groups.oomKilled()) && !well
	e.DiskFull = s.diskFull && !well
	e.TimedOut = s.timedOut
}

// watch enforces what the kernel does not: wall time, memory without cgroups,
// the end of the whole program when the kernel killed a part for memory.
func (s *supervisor) watch() {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	var wall, memory <-chan time.Time
	if s.spec.Limits.Wall > 0 {
		wall = time.After(time.Until(s.started.Add(s.spec.Limits.Wall)))
	}
	if s.spec.Limits.MemoryBytes > 0 {
		memory = time.Tick(100 * time.Millisecond)
	}
	for {
		select {
		case <-interrupts:
			s.stop(interruptGrace)
		case <-wall:
			s.mu.Lock()
			s.timedOut = !s.ended
			s.mu.Unlock()
			s.stop(s.spec.Limits.Grace)
		case <-memory:
			over := s.groups.oomKilled()
			if !s.groups.limitsMemory() {
				over = memoryOf(descendants(os.Getpid())) > s.spec.Limits.MemoryBytes
			}
			if over {
				s.mu.Lock()
				s.oom = true
				s.mu.Unlock()
				s.killAll()
			}
		}
	}
}
