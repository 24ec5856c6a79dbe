package inside

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/internal/command"
	"github.com/sagebrush/sagebrush/run/internal/disk"
	"github.com/sagebrush/sagebrush/run/internal/output"
)

// holder holds the program of one container.
type holder struct {
	plan    Plan
	signals <-chan os.Signal
	over    chan struct{} // closed when the program was reaped

	out     *output.Output
	pid     int
	started time.Time
	oomBase int64

	mu       sync.Mutex
	ended    bool        // the program was reaped
	stopped  bool        // SIGTERM was sent
	kill     *time.Timer // SIGKILL at the end of the grace
	killAt   time.Time
	timedOut bool
	oom      bool
	diskFull bool
}

// hold runs the program to its end.
func (h *holder) hold() run.Exit {
	debug.SetGCPercent(50)
	warm(Threads / 2)
	h.started = time.Now()
	h.oomBase = oomKills()
	unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	log, err := logstream.NewWriter(Log)
	if err != nil {
		return h.failed(fmt.Errorf("its log could not be opened: %w", err))
	}
	defer log.Close()
	listener, err := listen()
	if err != nil {
		return h.failed(err)
	}
	if err := h.reach(); err != nil {
		return h.failed(err)
	}
	p, err := h.program()
	if err != nil {
		return h.failed(err)
	}
	owner := Owner{p.user.Uid, p.user.Gid}
	if owner.UID != 0 {
		openTo(OptML, owner, h.plan.Foreign)
	}
	if h.out, err = output.New(log); err != nil {
		return h.failed(err)
	}
	for _, end := range []uintptr{h.out.Stdout, h.out.Stderr} { // so that it may open /dev/stderr
		if err := unix.Fchown(int(end), owner.UID, owner.GID); err != nil {
			return h.failed(err)
		}
	}
	h.started = time.Now()
	if err := h.fork(p); err != nil {
		return h.failed(err)
	}
	go h.serve(listener)
	go h.watch()
	if h.plan.DiskBytes > 0 {
		go disk.Watch(Volume, h.plan.DiskBytes, h.over, h.diskIsFull)
	}
	return h.await()
}

// listen opens the socket for the server's requests.
func listen() (net.Listener, error) {
	path := filepath.Join(Shared, SockFile)
	l, err := net.Listen("unix", path+".tmp")
	if err != nil {
		return nil, err
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	// The server may be another user; the directory above is its alone.
	if err := os.Chmod(path+".tmp", 0o666); err != nil {
		return nil, err
	}
	return l, os.Rename(path+".tmp", path)
}

// warm makes threads beforehand: once a program has used up all that the
// container may have, there would be none for us.
func warm(n int) {
	var ready, end sync.WaitGroup
	ready.Add(n)
	for range n {
		end.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ready.Done()
			ready.Wait()
		})
	}
	end.Wait()
}

// failed is the end of a program that was never executed.
func (h *holder) failed(err error) run.Exit {
	e := run.Exit{Code: command.NotStarted, StartedAt: h.started, EndedAt: time.Now()}
	if r := (*command.Refusal)(nil); errors.As(err, &r) {
		e.Code, e.Reason = r.Code, r.Reason
	} else {
		e.Reason = fmt.Sprintf("The program could not be started: %v.", err)
	}
	return e
}

// await reaps until nothing is left and answers how the program ended.
func (h *holder) await() run.Exit {
	exit := run.Exit{StartedAt: h.started}
	for {
		var ws unix.WaitStatus
		pid, err := unix.Wait4(-1, &ws, 0, nil)
		switch {
		case err == unix.EINTR:
		case err != nil: // ECHILD: as the first process we know that nobody is left
			h.out.Drain()
			h.account(&exit)
			return exit
		case pid == h.pid:
			h.mu.Lock()
			h.ended = true
			h.mu.Unlock()
			close(h.over)
			exit.EndedAt = time.Now()
			if ws.Signaled() {
				exit.Code, exit.Signal = -1, unix.SignalName(ws.Signal())
			} else {
				exit.Code = ws.ExitStatus()
			}
			killAll()
		}
	}
}

// killAll ends everything in the container but ourselves.
func killAll() { unix.Kill(-1, unix.SIGKILL) }

// diskIsFull ends a program that keeps more beneath OptML than it may.
func (h *holder) diskIsFull() {
	h.mu.Lock()
	h.diskFull = true
	h.mu.Unlock()
	killAll()
}

// account adds what the program used, and why it ended.
func (h *holder) account(e *run.Exit) {
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_CHILDREN, &ru) == nil {
		e.CPUTime = time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
		e.MaxMemoryBytes = ru.Maxrss << 10
	}
	if peak := peakMemory(); peak > 0 {
		e.MaxMemoryBytes = peak
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	// A program that got over the loss of a child and ended well was not ended.
	well := e.Code == 0 && e.Signal == ""
	e.OOMKilled = (h.oom || oomKills() > h.oomBase) && !well
	e.DiskFull = h.diskFull && !well
	e.TimedOut = h.timedOut
}
