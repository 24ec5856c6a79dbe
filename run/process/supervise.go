//go:build linux

package process

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/internal/statedir"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/internal/command"
	"github.com/sagebrush/sagebrush/run/internal/disk"
	"github.com/sagebrush/sagebrush/run/internal/output"
)

// Supervise is the main function of the supervisor; args are what follows the
// words given to New. It answers the process's exit status.
func Supervise(args []string) int {
	// The main thread stays out of the work: memory cgroups of v1 follow it.
	runtime.LockOSThread()
	if len(args) == 1 && args[0] == probe {
		return probeHere()
	}
	if len(args) != 2 || !isLock(stateDir(args[1])) {
		fmt.Fprintln(os.Stderr, "supervise is started by the server only")
		return 2
	}
	keepFiles()
	d := stateDir(args[1])
	s := &supervisor{dir: d, mode: args[0], over: make(chan struct{})}
	if !d.read(specFile, &s.spec) {
		fmt.Fprintln(os.Stderr, "cannot read", d.path(specFile))
		return 1
	}
	exit := s.supervise()
	return s.writeDown(exit)
}

// patience is how long a supervisor tries to record the end of its program.
const patience = 10 * time.Minute

// writeDown records the end. When that fails, the disk is most likely full:
// without a record the end is lost, so it is tried again, until somebody ends
// this process or there is no directory any more that anyone could look into.
func (s *supervisor) writeDown(exit run.Exit) int {
	signal.Reset(unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	for begun := time.Now(); ; time.Sleep(time.Second) {
		err := statedir.WriteDurably(s.dir.path(exitFile), exit)
		if err == nil {
			return 0
		}
		fmt.Fprintln(os.Stderr, "cannot record the end:", err)
		if errors.Is(err, fs.ErrNotExist) || time.Since(begun) > patience {
			return 1
		}
	}
}

// keepFiles keeps the program from inheriting open files: the lock, and whatever
// the server was itself started with.
func keepFiles() {
	if unix.CloseRange(lockFD, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return
	}
	// Kernels before 5.11.
	open, _ := os.ReadDir("/proc/self/fd")
	for _, e := range open {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd >= lockFD {
			unix.CloseOnExec(fd)
		}
	}
}

// isLock says whether the inherited file is the lock of the directory.
func isLock(d stateDir) bool {
	return statedir.IsLock(lockFD, d.path(lockFile))
}

// supervise runs the program to its end.
func (s *supervisor) supervise() run.Exit {
	s.confirm = os.NewFile(confirmFD, "confirm") // open until this process ends
	s.started = time.Now()
	log, err := logstream.NewWriter(s.spec.Log)
	if err != nil {
		return s.failed(fmt.Errorf("its log could not be opened: %w", err))
	}
	defer log.Close()
	listener, err := statedir.Listen(string(s.dir), sockFile)
	if err != nil {
		return s.failed(err)
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return s.failed(err)
	}
	if s.mode != shared && !ownMounts() {
		s.mode = shared
	}
	if err := s.join(); err != nil {
		return s.failed(err)
	}
	s.forker = newForker()
	connected := s.forker.do(s.connect) // takes as long as the rest, so meanwhile
	s.base = s.spec.OptML
	if s.mode != shared {
		if err := s.isolate(); err != nil {
			return s.failed(err)
		}
	}
	if err := s.mountVolumes(); err != nil {
		return s.failed(err)
	}
	if s.mode == shared {
		defer unlinkVolumes(s.spec.Spec)
	}
	s.groups = makeCgroups("sagebrush-"+s.dir.token(), s.spec.Limits)
	defer s.groups.remove()
	if err := <-connected; err != nil {
		return s.failed(fmt.Errorf("it could not be joined to its network: %w", err))
	}
	if err := s.launch(log); err != nil {
		return s.failed(err)
	}
	s.confirm.Write([]byte("k")) // whoever waits for it may be gone: no matter
	go s.serve(listener)
	go s.watch()
	if s.spec.Limits.DiskBytes > 0 {
		go disk.Watch(s.spec.OptML, s.spec.Limits.DiskBytes, s.over, s.diskIsFull)
	}
	return s.await()
}

// launch starts the program and lets its output flow into log.
func (s *supervisor) launch(log *logstream.Writer) error {
	cmd, err := s.execution()
	if err != nil {
		return err
	}
	st := state{Boot: bootID(), Cgroups: s.groups.dirs()}
	if s.base == optML {
		st.Namespaces, st.OptML = namespaces(os.Getpid()), s.spec.OptML
	}
	if err := s.dir.write(stateFile, st); err != nil {
		return err
	}
	if s.out, err = output.New(log); err != nil {
		return err
	}
	if err := s.fork(cmd); err != nil {
		return err
	}
	if st.Namespaces != "" {
		st.Namespaces = namespaces(s.pid) // they may be other than ours, see hide
	}
	st.Program = process{PID: s.pid, Start: startTime(s.pid)}
	return s.dir.write(stateFile, st)
}

// failed is the end of a program that was never executed.
func (s *supervisor) failed(err error) run.Exit {
	e := run.Exit{Code: -1, StartedAt: s.started, EndedAt: time.Now()}
	if r := (*command.Refusal)(nil); errors.As(err, &r) {
		e.Code, e.Reason = r.Code, r.Reason
	} else {
		e.Reason = fmt.Sprintf("The program could not be started: %v.", err)
	}
	return e
}
