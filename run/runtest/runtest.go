// Package runtest is the contract of run.Runner as a test suite. Every runner
// passes Exercise.
//
// A program of the suite is described twice in one Spec: as a shell command for
// runners that execute commands, and by the variables of package run/fake for
// those that pretend.
package runtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/run"
)

// Subject is one runner under test.
type Subject struct {
	Runner run.Runner
	// Again is another Runner over the same state, as a restarted server makes.
	Again func() run.Runner
	// Adapt changes a program to what the runner needs, such as an image; it may
	// be nil.
	Adapt func(*run.Spec)
}

// Capabilities are what not every runner, or not every machine, can do.
type Capabilities struct {
	// Commands: real commands are executed, not only pretended.
	Commands bool
	// OptML: the program sees its directory as /opt/ml, and its host name.
	OptML bool
	// Memory, CPUs, Processes: these limits are enforced.
	Memory, CPUs, Processes bool
	// Mounts: directories can be mounted. ReadOnlyMounts: and be kept from being
	// written; without it, they are refused.
	Mounts, ReadOnlyMounts bool
	// Disk: Limits.DiskBytes is enforced.
	Disk bool
	// Tool are the words that run Tool where the program runs; nil skips what
	// needs it, the tests about networks.
	Tool []string
	// Containers: the program sees an image's files and its own processes only,
	// and begins in the image's working directory.
	Containers bool
	// Sets are variables that the runner sets by itself.
	Sets []string
	// Programs is how many are run at once, 0 for 100.
	Programs int
}

// Exercise runs the suite; make answers a fresh Subject for each test.
func Exercise(t *testing.T, make func(t *testing.T) Subject, c Capabilities) {
	both := map[string]func(*bench){
		"ExitCodes":         exitCodes,
		"Signals":           signals,
		"Log":               logLines,
		"Files":             files,
		"StartIsIdempotent": startIsIdempotent,
		"WaitEndsWithCtx":   waitEndsWithCtx,
		"Attach":            attach,
		"Stop":              stop,
		"StopHandled":       stopHandled,
		"StopIgnored":       stopIgnored,
		"StopShortens":      stopShortens,
		"Wall":              wall,
		"Remove":            remove,
		"Lost":              lost,
		"CannotStart":       cannotStart,
		"Many":              many,
		"OOM":               oom,
		"Network":           networkOfAny,
		"UsageNow":          usageNow,
		"DiskFull":          diskFull,
		"Dial":              dialServer,
		"DialLarge":         dialLarge,
		"DialEnds":          dialEnds,
	}
	commands := map[string]func(*bench){
		"Environment":      environment,
		"WorkingDirectory": workingDirectory,
		"CoreFiles":        coreFiles,
		"NotExecutable":    notExecutable,
		"Daemons":          daemons,
		"DaemonsOfStopped": daemonsOfStopped,
		"OddOutput":        oddOutput,
		"OutputOrder":      outputOrder,
		"Usage":            usage,
		"OptML":            seesOptML,
		"CPUs":             cpus,
		"Processes":        processes,
		"NetworkNames":     networkNames,
		"NetworkPorts":     networkPorts,
		"NetworkIsolated":  networkIsolated,
		"NetworkReach":     networkReach,
		"DialNetworks":     dialNetworks,
		"DialHalfClosed":   dialHalfClosed,
	}
	each := func(tests map[string]func(*bench)) {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(newBench(t, make(t), c))
			})
		}
	}
	mounts := map[string]func(*bench){
		"Mounts":           mountsWritable,
		"MountsReadOnly":   mountsReadOnly,
		"MountsImpossible": mountsImpossible,
	}
	each(both)
	if c.Commands {
		each(commands)
	}
	if c.Mounts {
		each(mounts)
	}
}

// bench is what one test works with.
type bench struct {
	*testing.T
	Subject
	can Capabilities
	dir string
	ctx context.Context
}

func newBench(t *testing.T, s Subject, c Capabilities) *bench {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	t.Cleanup(cancel)
	return &bench{T: t, Subject: s, can: c, dir: t.TempDir(), ctx: ctx}
}

// spec describes a program by a shell script and by variables of run/fake.
func (b *bench) spec(id, script string, fake ...string) run.Spec {
	s := run.Spec{
		ID:       b.Name() + "/" + id,
		Hostname: "algo-1",
		Command:  []string{"sh", "-c", script},
		Env:      map[string]string{"PATH": os.Getenv("PATH")},
		OptML:    filepath.Join(b.dir, id, "ml"),
		Log:      filepath.Join(b.dir, id, "log"),
	}
	for _, kv := range fake {
		k, v, _ := strings.Cut(kv, "=")
		s.Env[k] = v
	}
	if err := os.MkdirAll(s.OptML, 0o755); err != nil {
		b.Fatal(err)
	}
	if b.Adapt != nil {
		b.Adapt(&s)
	}
	return s
}

// start runs a program and removes it at the end of the test.
func (b *bench) start(s run.Spec) run.Process {
	b.Helper()
	p, err := b.Runner.Start(b.ctx, s)
	if err != nil {
		b.Fatalf("start: %v", err)
	}
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := b.Runner.Remove(ctx, p.Handle()); err != nil {
			b.Errorf("remove: %v", err)
		}
	})
	return p
}

func (b *bench) wait(p run.Process) run.Exit {
	b.Helper()
	e, err := p.Wait(b.ctx)
	if err != nil {
		b.Fatalf("wait: %v", err)
	}
	if e.EndedAt.Before(e.StartedAt) || e.StartedAt.IsZero() {
		b.Errorf("times: %+v", e)
	}
	return e
}

// do runs a program to its end.
func (b *bench) do(s run.Spec) run.Exit {
	b.Helper()
	return b.wait(b.start(s))
}

// lines are the messages in a program's log.
func (b *bench) lines(s run.Spec) []string {
	b.Helper()
	events, err := logstream.Read(s.Log, 0, 0, 1<<30)
	if err != nil {
		b.Fatal(err)
	}
	out := []string{}
	for _, e := range events {
		out = append(out, e.Message)
	}
	return out
}

// until waits for a line in a program's log.
func (b *bench) until(s run.Spec, line string) {
	b.Helper()
	b.eventually(fmt.Sprintf("the log to have %q", line), func() bool {
		for _, l := range b.lines(s) {
			if l == line {
				return true
			}
		}
		return false
	})
}

// eventually polls a condition that no signal announces.
func (b *bench) eventually(what string, ok func() bool) {
	b.Helper()
	for !ok() {
		select {
		case <-b.ctx.Done():
			b.Fatalf("waited too long for %s", what)
		case <-time.After(2 * time.Millisecond):
		}
	}
}
