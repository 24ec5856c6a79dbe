package runtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/run"
)

func exitCodes(b *bench) {
	for _, code := range []int{0, 1, 3, 255} {
		p := b.start(b.spec(fmt.Sprint(code), fmt.Sprintf("exit %d", code), fmt.Sprintf("FAKE_EXIT_CODE=%d", code)))
		for range 2 { // as often as asked
			if e := b.wait(p); e.Code != code || e.Signal != "" || e.Reason != "" || e.OK() != (code == 0) {
				b.Errorf("exit %d: %+v", code, e)
			}
		}
	}
}

func signals(b *bench) {
	for _, sig := range []string{"KILL", "SEGV", "TERM"} {
		e := b.do(b.spec(sig, "kill -"+sig+" $$", "FAKE_SIGNAL=SIG"+sig))
		if e.Code != -1 || e.Signal != "SIG"+sig || e.OOMKilled || e.OK() {
			b.Errorf("%s: %+v", sig, e)
		}
	}
}

// logLines: TrainContainer-12, standard output and error go to the stream.
func logLines(b *bench) {
	s := b.spec("x", "echo one; echo; echo three >&1; printf 'no end'", "FAKE_LOG=one\n\nthree\nno end")
	before := time.Now().Truncate(time.Millisecond)
	b.do(s)
	if got := b.lines(s); !slices.Equal(got, []string{"one", "", "three", "no end"}) {
		b.Errorf("log: %q", got)
	}
	if time.Since(before) < 0 {
		b.Error("the clock went backwards")
	}
}

func files(b *bench) {
	s := b.spec("x", `mkdir "$SAGEMAKER_BASE_DIR/model"; printf weights >"$SAGEMAKER_BASE_DIR/model/model.txt"`, "FAKE_MODEL=weights")
	if e := b.do(s); !e.OK() {
		b.Fatalf("%+v, log %q", e, b.lines(s))
	}
	if got, err := os.ReadFile(filepath.Join(s.OptML, "model/model.txt")); string(got) != "weights" {
		b.Errorf("model: %q, %v", got, err)
	}
}

func startIsIdempotent(b *bench) {
	s := b.spec("x", "echo ran; sleep 0.2; exit 5", "FAKE_LOG=ran", "FAKE_SLEEP=0.2", "FAKE_EXIT_CODE=5")
	first := b.start(s)
	var all sync.WaitGroup
	for i := range 8 {
		r := b.Runner
		if i%2 == 1 {
			r = b.Again()
		}
		all.Go(func() {
			p, err := r.Start(b.ctx, s)
			if err != nil {
				b.Errorf("start again: %v", err)
				return
			}
			if string(p.Handle()) != string(first.Handle()) {
				b.Errorf("handles %s and %s", p.Handle(), first.Handle())
			}
			if e, err := p.Wait(b.ctx); err != nil || e.Code != 5 {
				b.Errorf("%+v, %v", e, err)
			}
		})
	}
	all.Wait()
	p, err := b.Again().Start(b.ctx, s) // it has run
	if err != nil {
		b.Fatal(err)
	}
	if e := b.wait(p); e.Code != 5 {
		b.Errorf("after the end: %+v", e)
	}
	if got := b.lines(s); !slices.Equal(got, []string{"ran"}) {
		b.Errorf("it did not run once: %q", got)
	}
}

func waitEndsWithCtx(b *bench) {
	p := b.start(b.spec("x", "sleep 1000", "FAKE_SLEEP=1000"))
	ctx, cancel := context.WithTimeout(b.ctx, 50*time.Millisecond)
	defer cancel()
	if _, err := p.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		b.Errorf("wait: %v", err)
	}
}

func attach(b *bench) {
	s := b.spec("x", "echo up; sleep 0.3; exit 4", "FAKE_LOG=up", "FAKE_SLEEP=0.3", "FAKE_EXIT_CODE=4")
	h := b.start(s).Handle()
	for range 2 { // while it runs, and after its end
		p, err := b.Again().Attach(b.ctx, h)
		if err != nil {
			b.Fatalf("attach: %v", err)
		}
		if e := b.wait(p); e.Code != 4 {
			b.Errorf("%+v", e)
		}
	}
}

func remove(b *bench) {
	s := b.spec("x", "echo up; sleep 1000", "FAKE_LOG=up", "FAKE_SLEEP=1000")
	p := b.start(s)
	b.until(s, "up")
	if err := b.Again().Remove(b.ctx, p.Handle()); err != nil {
		b.Fatalf("remove: %v", err)
	}
	if _, err := b.Runner.Attach(b.ctx, p.Handle()); !errors.Is(err, run.ErrLost) {
		b.Errorf("attach to a removed one: %v", err)
	}
	if err := b.Runner.Remove(b.ctx, p.Handle()); err != nil {
		b.Errorf("remove again: %v", err)
	}
	if got := b.lines(s); !slices.Equal(got, []string{"up"}) {
		b.Errorf("its log is gone: %q", got)
	}
	s.Command[2], s.Env["FAKE_SLEEP"] = "exit 0", "0"
	if e := b.do(s); !e.OK() { // the ID is free again
		b.Errorf("%+v", e)
	}
}

func lost(b *bench) {
	s := b.spec("x", "exit 0")
	p := b.start(s)
	b.wait(p)
	other := run.Handle(strings.Replace(string(p.Handle()), s.ID, "never-started", 1))
	if _, err := b.Runner.Attach(b.ctx, other); !errors.Is(err, run.ErrLost) {
		b.Errorf("attach: %v", err)
	}
	if _, err := b.Runner.Attach(b.ctx, run.Handle(`]`)); err == nil || errors.Is(err, run.ErrLost) {
		b.Errorf("attach to nonsense: %v", err)
	}
}

func cannotStart(b *bench) {
	s := b.spec("x", "", "FAKE_REASON=There is no such command.")
	s.Command = []string{"no-such-command-anywhere"}
	if e := b.do(s); !strings.HasSuffix(e.Reason, ".") || e.OK() || e.Code == 0 {
		b.Errorf("%+v", e)
	}
	if _, err := b.Runner.Start(b.ctx, run.Spec{}); err == nil {
		b.Error("an empty spec starts")
	}
}

func many(b *bench) {
	var all sync.WaitGroup
	for i := range cmp.Or(b.can.Programs, 100) {
		s := b.spec(fmt.Sprint(i), fmt.Sprintf("echo line %d; sleep 0.1; exit %d", i, i), fmt.Sprintf("FAKE_LOG=line %d", i), fmt.Sprintf("FAKE_EXIT_CODE=%d", i), "FAKE_SLEEP=0.1")
		all.Go(func() {
			p, err := b.Runner.Start(b.ctx, s)
			if err != nil {
				b.Errorf("start %d: %v", i, err)
				return
			}
			if e, err := p.Wait(b.ctx); err != nil || e.Code != i {
				b.Errorf("%d: %+v, %v", i, e, err)
			}
			if got := b.lines(s); !slices.Equal(got, []string{fmt.Sprintf("line %d", i)}) {
				b.Errorf("%d: %q", i, got)
			}
			if err := b.Runner.Remove(b.ctx, p.Handle()); err != nil {
				b.Errorf("remove %d: %v", i, err)
			}
		})
	}
	all.Wait()
}

func oom(b *bench) {
	if b.can.Commands && !b.can.Memory {
		b.Skip("NOT TESTED: limits of memory, which this runner does not have: those of run/process and run/docker test it")
	}
	s := b.spec("x", "echo up; tail /dev/zero", "FAKE_OOM=1")
	s.Limits.MemoryBytes = 48 << 20
	if e := b.do(s); !e.OOMKilled || e.OK() || b.can.Memory && e.MaxMemoryBytes < 10<<20 {
		b.Errorf("%+v", e)
	}
}
