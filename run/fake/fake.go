// Package fake is a Runner for tests, ours and users' (`serve --runner fake`):
// its programs are goroutines that do what variables of Spec.Env say. The command
// is not looked at, but for Args that ask for a model's server.
//
//	FAKE_LOG          lines (separated by \n) written to Spec.Log at the start
//	FAKE_FILES        lines "path=content": files written beneath Spec.OptML
//	FAKE_MODEL        content of the file model/model.txt beneath Spec.OptML
//	FAKE_SLEEP        how long it runs: "1.5s", or a number of seconds; default 0
//	FAKE_EXIT_CODE    its exit status, default 0
//	FAKE_SIGNAL       it ends by this signal, such as SIGKILL
//	FAKE_OOM          "1": it ends OOMKilled
//	FAKE_DISK_FULL    "1": it ends DiskFull
//	FAKE_FAILURE      content of output/failure; the exit status becomes 1
//	FAKE_REASON       it cannot be started, and this is why
//	FAKE_TERM_CODE    on SIGTERM it exits with this status; default: it dies of it
//	FAKE_IGNORE_TERM  "1": SIGTERM does not impress it, only SIGKILL does
//
// With FAKE_SERVE=1, or "serve" as the first of Spec.Args, it is the server of a
// model: it listens on the port SAGEMAKER_BIND_TO_PORT, or 8080, and runs until it
// is stopped, or for FAKE_SLEEP. Only Dial reaches it; no port of the machine opens.
//
//	FAKE_SERVE            "1": it serves; "0": it does not, whatever Spec.Args say
//	FAKE_SERVE_AFTER      how long after its start it listens, default 0
//	FAKE_PING_STATUS      status of the answer to GET /ping, default 200
//	FAKE_PING_DELAY       how long that answer takes, default 0
//	FAKE_INVOKE_STATUS    status of the answer to POST /invocations, default 200
//	FAKE_INVOKE_DELAY     how long that answer takes, default 0
//	FAKE_INVOKE_RESPONSE  that answer's body; default: the request's
//	FAKE_INVOKE_TYPE      its Content-Type; default: the request's
//
// HOST_2_FAKE_… is FAKE_… for the host algo-2 alone.
//
// Files and lines are written before the sleep. Start, Attach, Wait, Stop and
// Remove behave as run.Runner says; programs live as long as the Runner value,
// so there is no life after a restart.
package fake

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/run"
)

// Runner is a fake run.Runner.
type Runner struct {
	mu       sync.Mutex
	programs map[string]*program
}

var _ run.Runner = (*Runner)(nil)

// New is a Runner without programs.
func New() *Runner { return &Runner{programs: map[string]*program{}} }

// Traits implements run.Runner. It pretends to isolate: what a program of it
// reaches is nothing at all.
func (r *Runner) Traits() run.Traits {
	return run.Traits{Name: "fake", Isolation: true, Interface: "eth0", OwnPorts: true}
}

// Start implements run.Runner.
func (r *Runner) Start(ctx context.Context, s run.Spec) (run.Process, error) {
	if s.ID == "" || (len(s.Command) == 0 && s.Image == "") {
		return nil, fmt.Errorf("fake: a program needs an ID and a command")
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.programs[s.ID]; p != nil {
		return p, nil
	}
	p := newProgram(s)
	r.programs[s.ID] = p
	go p.run()
	return p, nil
}

// Attach implements run.Runner.
func (r *Runner) Attach(_ context.Context, h run.Handle) (run.Process, error) {
	id, err := idOf(h)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.programs[id]; p != nil {
		return p, nil
	}
	return nil, run.ErrLost
}

// HandleOf implements run.Runner.
func (r *Runner) HandleOf(id string) run.Handle { return (&program{spec: run.Spec{ID: id}}).Handle() }

// Remove implements run.Runner.
func (r *Runner) Remove(ctx context.Context, h run.Handle) error {
	id, err := idOf(h)
	if err != nil {
		return err
	}
	r.mu.Lock()
	p := r.programs[id]
	r.mu.Unlock()
	if p == nil {
		return nil
	}
	p.Stop(ctx, 0)
	if _, err := p.Wait(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.programs[id] == p {
		delete(r.programs, id)
	}
	return nil
}

// Lose forgets a program without a trace, as a reboot of the machine would;
// from now on it is run.ErrLost.
func (r *Runner) Lose(h run.Handle) {
	id, err := idOf(h)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.programs[id]; p != nil {
		p.lose()
		delete(r.programs, id)
	}
}

func idOf(h run.Handle) (string, error) {
	var id string
	if err := json.Unmarshal(h, &id); err != nil {
		return "", fmt.Errorf("fake: %q is no handle of this runner", h)
	}
	return id, nil
}

// Handle implements run.Process.
func (p *program) Handle() run.Handle {
	h, _ := json.Marshal(p.spec.ID) // a string always marshals
	return run.Handle(h)
}

// Wait implements run.Process.
func (p *program) Wait(ctx context.Context) (run.Exit, error) {
	select {
	case <-p.lost:
	case <-p.done:
	case <-ctx.Done():
		return run.Exit{}, context.Cause(ctx)
	}
	// A program that is lost ends too, but nobody saw how.
	if p.isLost() {
		return run.Exit{}, run.ErrLost
	}
	return p.exit, nil
}

// Stop implements run.Process.
func (p *program) Stop(_ context.Context, grace time.Duration) error {
	p.signal(grace, false)
	return nil
}

// Usage implements run.Process: a goroutine uses next to nothing.
func (p *program) Usage(context.Context) (run.Usage, error) {
	if p.isLost() {
		return run.Usage{}, run.ErrLost
	}
	select {
	case <-p.done:
		return run.Usage{}, fmt.Errorf("fake: the program has ended")
	default:
		return run.Usage{At: time.Now(), CPUTime: time.Millisecond, MemoryBytes: 1 << 20}, nil
	}
}
