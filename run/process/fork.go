//go:build linux

package process

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/run/internal/command"
)

// optML is where programs expect their files.
const optML = "/opt/ml"

// defaultPath is searched when the environment has no PATH.
const defaultPath = "/usr/local/bin:/usr/bin:/bin"

// execution is what execve needs.
type execution struct {
	path string
	args []string
	env  []string
	dir  string
}

// execution resolves the program as the program would see it.
func (s *supervisor) execution() (*execution, error) {
	c := &execution{dir: s.base}
	for _, a := range s.spec.Command {
		c.args = append(c.args, s.inside(a))
	}
	for k, v := range s.spec.Env {
		v = s.inside(v)
		if k != "SAGEMAKER_BASE_DIR" && k != runVariable {
			c.env = append(c.env, k+"="+v)
		}
	}
	c.env = append(c.env, "SAGEMAKER_BASE_DIR="+s.base, runVariable+"="+s.dir.token())
	if d := s.spec.Dir; d != "" {
		c.dir = d
		if rest, ok := beneath(d, s.spec.OptML); ok {
			c.dir = s.base + rest
		}
		c.dir = s.inside(c.dir)
	}
	search, ok := s.spec.Env["PATH"]
	if !ok {
		search = defaultPath
	}
	var err error
	c.path, err = command.Place{Dir: c.dir, Path: search}.LookUp(c.args[0])
	return c, err
}

// inside rewrites a path beneath /opt/ml where that could not be mounted.
func (s *supervisor) inside(word string) string {
	if rest, ok := beneath(word, optML); ok && s.base != optML {
		return s.base + rest
	}
	return word
}

// beneath says whether path is dir or beneath it, and what follows dir.
func beneath(path, dir string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, dir)
	return rest, ok && (rest == "" || rest[0] == '/')
}

// forker is the thread that the program is forked from. It gives the program
// what is a thread's: the network, the cgroups of v1, no_new_privs, few
// capabilities, and the death signal that ends the program with its supervisor.
// The thread therefore stays until this process ends.
type forker chan func()

func newForker() forker {
	f := make(forker)
	go func() {
		runtime.LockOSThread()
		for work := range f { // never closed
			work()
		}
	}()
	return f
}

// do lets the thread do something; the answer comes by the channel.
func (f forker) do(work func() error) <-chan error {
	done := make(chan error, 1)
	f <- func() { done <- work() }
	return done
}

// fork starts the program.
func (s *supervisor) fork(c *execution) error {
	return <-s.forker.do(func() error { return s.forkHere(c) })
}

func (s *supervisor) forkHere(c *execution) error {
	if err := s.hide(); err != nil {
		fmt.Fprintln(os.Stderr, "the server's files are not hidden:", err)
	}
	if s.mode != shared {
		s.protect()
	}
	unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	core := uint64(s.spec.Limits.CoreBytes)
	unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: core, Max: core})
	limitRights(rights(s.joint >= joinedToItself))
	leave := s.groups.join(unix.Gettid())
	if n := s.spec.Limits.CPUs; n > 0 && !s.groups.limitsCPU() {
		pin(n, s.dir.token())
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	attr := &syscall.ProcAttr{
		Dir:   c.dir,
		Env:   c.env,
		Files: []uintptr{null.Fd(), s.out.Stdout, s.out.Stderr},
		Sys:   &syscall.SysProcAttr{Setsid: true, Pdeathsig: unix.SIGKILL},
	}
	if fd, ok := s.groups.open(); ok {
		defer unix.Close(fd)
		attr.Sys.UseCgroupFD, attr.Sys.CgroupFD = true, fd
	}
	s.started = time.Now()
	s.pid, err = syscall.ForkExec(c.path, c.args, attr)
	for try := 0; errors.Is(err, unix.ETXTBSY) && try < 100; try++ {
		// Whoever wrote the file has closed it, but something that he forked
		// meanwhile holds it until its own execve.
		time.Sleep(10 * time.Millisecond)
		s.pid, err = syscall.ForkExec(c.path, c.args, attr)
	}
	if err != nil && attr.Sys.UseCgroupFD && notExec(err) {
		// The kernel or the cgroup does not let us fork into it.
		attr.Sys.UseCgroupFD = false
		if s.pid, err = syscall.ForkExec(c.path, c.args, attr); err == nil {
			s.groups.add(s.pid)
		}
	}
	leave()
	s.out.Started()
	return command.Explain(c.args[0], err)
}

// notExec says that an error of fork and exec cannot be execve's own.
func notExec(err error) bool {
	return errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EBUSY) || errors.Is(err, unix.EOPNOTSUPP) ||
		errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.EINVAL)
}
