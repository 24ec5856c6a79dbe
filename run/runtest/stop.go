package runtest

import (
	"time"

	"github.com/sagebrush/sagebrush/run"
)

func stop(b *bench) {
	s := b.spec("x", "echo up; exec sleep 1000", "FAKE_LOG=up", "FAKE_SLEEP=1000")
	p := b.start(s)
	b.until(s, "up")
	if err := p.Stop(b.ctx, time.Minute); err != nil {
		b.Fatal(err)
	}
	if e := b.wait(p); e.Signal != "SIGTERM" || e.Code != -1 || e.TimedOut {
		b.Errorf("%+v", e)
	}
	if err := p.Stop(b.ctx, time.Minute); err != nil {
		b.Errorf("stop after the end: %v", err)
	}
}

// stopHandled: StopTrainingJob-1, a program that ends within the grace is not
// killed.
func stopHandled(b *bench) {
	s := b.spec("x", "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.01; done", "FAKE_LOG=up", "FAKE_SLEEP=1000", "FAKE_TERM_CODE=7")
	p := b.start(s)
	b.until(s, "up")
	again, err := b.Again().Attach(b.ctx, p.Handle())
	if err != nil {
		b.Fatal(err)
	}
	if err := again.Stop(b.ctx, time.Minute); err != nil {
		b.Fatal(err)
	}
	if e := b.wait(p); e.Code != 7 || e.Signal != "" {
		b.Errorf("%+v", e)
	}
}

// stopIgnored: StopTrainingJob-1, SIGKILL after the grace.
func stopIgnored(b *bench) {
	s := b.spec("x", "trap '' TERM; echo up; while :; do sleep 0.01; done", "FAKE_LOG=up", "FAKE_SLEEP=1000", "FAKE_IGNORE_TERM=1")
	p := b.start(s)
	b.until(s, "up")
	began := time.Now()
	if err := p.Stop(b.ctx, 200*time.Millisecond); err != nil {
		b.Fatal(err)
	}
	if took := time.Since(began); took > 10*time.Second {
		b.Errorf("stop does not return at once: %v", took)
	}
	if e := b.wait(p); e.Signal != "SIGKILL" || e.OOMKilled || e.EndedAt.Sub(began) < 150*time.Millisecond {
		b.Errorf("%+v", e)
	}
}

func stopShortens(b *bench) {
	s := b.spec("x", "trap '' TERM; echo up; while :; do sleep 0.01; done", "FAKE_LOG=up", "FAKE_SLEEP=1000", "FAKE_IGNORE_TERM=1")
	p := b.start(s)
	b.until(s, "up")
	for _, grace := range []time.Duration{time.Hour, 10 * time.Millisecond, 2 * time.Hour} {
		if err := p.Stop(b.ctx, grace); err != nil {
			b.Fatal(err)
		}
	}
	if e := b.wait(p); e.Signal != "SIGKILL" {
		b.Errorf("%+v", e)
	}
}

func wall(b *bench) {
	s := b.spec("x", "trap '' TERM; while :; do sleep 0.01; done", "FAKE_SLEEP=1000", "FAKE_IGNORE_TERM=1")
	s.Limits = run.Limits{Wall: 100 * time.Millisecond, Grace: 100 * time.Millisecond}
	if e := b.do(s); !e.TimedOut || e.Signal != "SIGKILL" {
		b.Errorf("%+v", e)
	}
	s = b.spec("y", "exit 3", "FAKE_EXIT_CODE=3")
	s.Limits = run.Limits{Wall: time.Hour}
	if e := b.do(s); e.TimedOut || e.Code != 3 {
		b.Errorf("%+v", e)
	}
}
