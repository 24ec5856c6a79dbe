package fake

import (
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/run"
)

// program is one goroutine's life.
type program struct {
	spec run.Spec
	env  map[string]string // Spec.Env as this host sees it
	term chan struct{}     // closed by the first SIGTERM
	kill chan struct{}     // closed by SIGKILL
	lost chan struct{}
	done chan struct{}
	exit run.Exit // valid when done is closed
	door *door    // what Dial knocks at

	mu       sync.Mutex
	killer   *time.Timer
	killAt   time.Time
	timedOut bool
	killOnce sync.Once
	loseOnce sync.Once
}

func newProgram(s run.Spec) *program {
	return &program{spec: s, env: ofHost(s), term: make(chan struct{}), kill: make(chan struct{}),
		lost: make(chan struct{}), done: make(chan struct{}), door: newDoor()}
}

// signal plans the end; later calls may only bring it forward.
func (p *program) signal(grace time.Duration, timedOut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := time.Now().Add(grace)
	switch {
	case p.killer == nil:
		p.timedOut = timedOut
		close(p.term)
		p.killer = time.AfterFunc(grace, func() { p.killOnce.Do(func() { close(p.kill) }) })
		p.killAt = at
	case at.Before(p.killAt):
		p.killer.Reset(grace)
		p.killAt = at
	}
}

func (p *program) lose() { p.loseOnce.Do(func() { close(p.lost) }) }

func (p *program) isLost() bool {
	select {
	case <-p.lost:
		return true
	default:
		return false
	}
}

// run does what the variables say.
func (p *program) run() {
	defer close(p.done)
	env := p.env
	p.exit.StartedAt = time.Now()
	defer func() { p.exit.EndedAt = time.Now() }()
	if reason := env["FAKE_REASON"]; reason != "" {
		p.exit.Code, p.exit.Reason = -1, reason
		return
	}
	if err := p.write(); err != nil {
		p.exit.Code, p.exit.Reason = -1, "The fake program could not write: "+err.Error()
		return
	}
	if w := p.spec.Limits.Wall; w > 0 {
		t := time.AfterFunc(w, func() { p.signal(p.spec.Limits.Grace, true) })
		defer t.Stop()
	}
	var slept <-chan time.Time
	if serves(p.spec.Args, env) {
		end := p.serve()
		defer end()
	}
	if _, bounded := env["FAKE_SLEEP"]; bounded || !serves(p.spec.Args, env) {
		slept = time.After(duration(env["FAKE_SLEEP"]))
	}
	select {
	case <-slept:
		p.end(env)
	case <-p.lost:
	case <-p.term:
		p.terminated(env)
	}
	p.mu.Lock()
	p.exit.TimedOut = p.timedOut
	p.mu.Unlock()
}

// terminated is the answer to SIGTERM.
func (p *program) terminated(env map[string]string) {
	code, handled := env["FAKE_TERM_CODE"]
	switch {
	case env["FAKE_IGNORE_TERM"] == "1":
		<-p.kill
		p.exit.Code, p.exit.Signal = -1, "SIGKILL"
	case handled:
		p.exit.Code, _ = strconv.Atoi(code)
	default:
		p.exit.Code, p.exit.Signal = -1, "SIGTERM"
	}
}

// end is the end by itself.
func (p *program) end(env map[string]string) {
	switch {
	case env["FAKE_OOM"] == "1":
		p.exit.Code, p.exit.Signal, p.exit.OOMKilled = -1, "SIGKILL", true
	case env["FAKE_DISK_FULL"] == "1":
		p.exit.Code, p.exit.Signal, p.exit.DiskFull = -1, "SIGKILL", true
	case env["FAKE_SIGNAL"] != "":
		p.exit.Code, p.exit.Signal = -1, env["FAKE_SIGNAL"]
	case env["FAKE_EXIT_CODE"] != "":
		p.exit.Code, _ = strconv.Atoi(env["FAKE_EXIT_CODE"])
	case env["FAKE_FAILURE"] != "":
		p.exit.Code = 1
	}
}

// write makes the program's lines and files.
func (p *program) write() error {
	if p.spec.Log != "" {
		w, err := logstream.NewWriter(p.spec.Log)
		if err != nil {
			return err
		}
		if lines := p.env["FAKE_LOG"]; lines != "" {
			w.WriteLine(time.Now(), []byte(lines))
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	files := map[string]string{}
	for line := range strings.Lines(p.env["FAKE_FILES"]) {
		if name, content, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			files[name] = content
		}
	}
	for name, variable := range map[string]string{"model/model.txt": "FAKE_MODEL", "output/failure": "FAKE_FAILURE"} {
		if content, ok := p.env[variable]; ok {
			files[name] = content
		}
	}
	for name, content := range files {
		path := filepath.Join(p.spec.OptML, filepath.Clean("/"+name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// duration reads "1.5s" or "1.5" (seconds).
func duration(s string) time.Duration {
	if d, err := time.ParseDuration(s); err == nil {
		return d
	}
	seconds, _ := strconv.ParseFloat(s, 64)
	return time.Duration(seconds * float64(time.Second))
}

// ofHost is the environment with the variables that are meant for one host only
// in the place of the general ones.
func ofHost(s run.Spec) map[string]string {
	env := maps.Clone(s.Env)
	mine := "HOST_" + strings.TrimPrefix(s.Hostname, "algo-") + "_"
	for name, value := range s.Env {
		if general, ok := strings.CutPrefix(name, mine); ok {
			env[general] = value
		}
	}
	return env
}
