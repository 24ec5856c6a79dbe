package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/sagebrush/sagebrush/run"
)

// Runner is the run.Runner of this package.
type Runner struct {
	dir    string
	self   []string
	logger *slog.Logger
	// ways to start a supervisor; tests take some away.
	ways func() []*syscall.SysProcAttr
	// able is what this system allows, found out when first asked.
	able func() abilities
	// hidden is what programs find empty.
	hidden Hidden
}

var _ run.Runner = (*Runner)(nil)

// handle is the content of a run.Handle.
type handle struct{ ID string }

// New keeps its state beneath dir, which it makes. self are the words that run
// Supervise, for example {"/proc/self/exe", "supervise"}. logger nil means
// slog.Default().
func New(dir string, self []string, logger *slog.Logger) (*Runner, error) {
	if len(self) == 0 {
		return nil, errors.New("process: no command for the supervisor")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("process: make the state directory: %w", err)
	}
	if logger == nil {
		logger = slog.Default()
	}
	r := &Runner{dir: dir, self: self, logger: logger, ways: isolations}
	r.able = sync.OnceValue(r.probe)
	return r, nil
}

// Traits implements run.Runner. The first call takes as long as starting a
// program does.
func (r *Runner) Traits() run.Traits {
	t := run.Traits{Name: "process", Isolation: r.able().Isolates, Interface: "lo", Cores: cores()}
	if r.able().Bridges {
		t.Interface, t.OwnPorts = hostInterface, true
	}
	return t
}

// Start implements run.Runner. A program that cannot be executed is no error
// here: its Exit says why.
func (r *Runner) Start(ctx context.Context, s run.Spec) (run.Process, error) {
	if err := check(s); err != nil {
		return nil, err
	}
	d := dirOf(r.dir, s.ID)
	p := &proc{id: s.ID, dir: d}
	lock, err := r.claim(ctx, d)
	if err != nil {
		return nil, err
	}
	if lock == nil {
		return p, nil // runs, or has run
	}
	defer lock.Close() // the supervisor's copy of it stays locked
	if d.has(stateFile) {
		return p, nil // was started and its end is unknown: Wait finds out
	}
	o := order{Spec: s, Hidden: r.hidden, Bridges: s.Network.ID != "" && r.able().Bridges}
	if err := d.write(specFile, o); err != nil {
		return nil, fmt.Errorf("process: save the program of %s: %w", s.ID, err)
	}
	if err := r.spawn(ctx, d, lock); err != nil {
		return nil, fmt.Errorf("process: start %s: %w", s.ID, err)
	}
	return p, nil
}

// check finds mistakes of the caller.
func check(s run.Spec) error {
	switch {
	case s.ID == "":
		return errors.New("process: a program without an ID")
	case len(s.Command) == 0 || s.Command[0] == "":
		return fmt.Errorf("process: %s has no command", s.ID)
	case s.Image != "" || len(s.Args) > 0:
		return fmt.Errorf("process: %s: images and their arguments are for runners that run containers", s.ID)
	case !filepath.IsAbs(s.OptML) || !filepath.IsAbs(s.Log):
		return fmt.Errorf("process: %s: OptML and Log must be absolute paths", s.ID)
	}
	if err := checkNetwork(s); err != nil {
		return fmt.Errorf("process: %s: %w", s.ID, err)
	}
	if err := checkMounts(s.Mounts); err != nil {
		return fmt.Errorf("process: %s: %w", s.ID, err)
	}
	return nil
}

// claim answers the lock of a program that nobody acts for, or nil when it has
// ended or a supervisor holds it.
func (r *Runner) claim(ctx context.Context, d stateDir) (*os.File, error) {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if err := os.MkdirAll(string(d), 0o700); err != nil {
			return nil, fmt.Errorf("process: %w", err)
		}
		if d.has(exitFile) {
			return nil, nil
		}
		lock, err := d.lock()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("process: %w", err)
		}
		if lock != nil {
			if d.has(exitFile) {
				lock.Close()
				return nil, nil
			}
			return lock, nil
		}
		if conn, err := d.dial(ctx); err == nil {
			conn.Close()
			return nil, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// Attach implements run.Runner.
func (r *Runner) Attach(ctx context.Context, h run.Handle) (run.Process, error) {
	p, err := r.find(h)
	if err != nil {
		return nil, err
	}
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		lock, err := p.dir.lock()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, run.ErrLost
		case err != nil:
			return nil, fmt.Errorf("process: attach to %s: %w", p.id, err)
		case lock != nil:
			defer lock.Close()
			if err := p.lost(); err != nil {
				return nil, err
			}
			return p, nil
		case p.dir.has(exitFile) || !p.dir.has(stateFile): // has ended, or begins
			return p, nil
		}
		// Once the program has begun, a supervisor that lives also listens. The
		// lock alone proves nothing: a process that another part of the server
		// forks holds a copy of our own for a moment.
		if conn, err := p.dir.dial(ctx); err == nil {
			conn.Close()
			return p, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// HandleOf implements run.Runner.
func (r *Runner) HandleOf(id string) run.Handle { return (&proc{id: id}).Handle() }

// Remove implements run.Runner.
func (r *Runner) Remove(ctx context.Context, h run.Handle) error {
	p, err := r.find(h)
	if err != nil {
		return err
	}
	for {
		lock, err := p.dir.lock()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("process: %w", err)
		}
		if lock != nil {
			err := p.dir.bury()
			if err == nil {
				err = p.dir.release()
			}
			if err == nil {
				err = os.RemoveAll(string(p.dir))
			}
			lock.Close()
			return err
		}
		if err := p.Stop(ctx, 0); err != nil {
			return err
		}
		if _, err := p.Wait(ctx); err != nil && !errors.Is(err, run.ErrLost) {
			return err
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
}

// find reads a handle.
func (r *Runner) find(h run.Handle) (*proc, error) {
	var in handle
	if err := json.Unmarshal(h, &in); err != nil || in.ID == "" {
		return nil, fmt.Errorf("process: %q is no handle of this runner", h)
	}
	return &proc{id: in.ID, dir: dirOf(r.dir, in.ID)}, nil
}
