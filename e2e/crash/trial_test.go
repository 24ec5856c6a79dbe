package crash

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
	"github.com/sagebrush/sagebrush/e2e/internal/witness"
)

// trial is a server that is killed while it is used.
type trial struct {
	t *testing.T
	// ctx ends when the trial has taken too long, or cannot go on.
	ctx    context.Context
	cancel context.CancelFunc
	dir    string
	server *server.Server
	// client waits for the server to come back.
	client *server.Client
	rng    *rand.Rand
}

// begin starts a server that lasts as long as the test, limit at most.
func begin(t *testing.T, database string, limit time.Duration) *trial {
	t.Helper()
	seed := number(t, "SAGEBRUSH_CRASH_SEED", int(time.Now().UnixNano()&0xffffff))
	t.Logf("SAGEBRUSH_CRASH_SEED=%d", seed)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	dir := server.Directory(t)
	s := server.New(t, server.Options{Dir: filepath.Join(dir, "data"), Database: database})
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return &trial{t, ctx, cancel, dir, s, s.Client(), rand.New(rand.NewPCG(uint64(seed), 0))}
}

// witness prepares the server for jobs that leave a trace.
func (tr *trial) witness() *witness.Witness {
	return witness.Prepare(tr.ctx, tr.t, tr.server, tr.dir)
}

// call is an operation of SageMaker.
func (tr *trial) call(operation string, in map[string]any, out any) error {
	return tr.client.Call(tr.ctx, "sagemaker", "SageMaker."+operation, in, out)
}

// must is a call that is expected to be answered.
func (tr *trial) must(operation string, in map[string]any, out any) {
	tr.t.Helper()
	if err := tr.call(operation, in, out); err != nil {
		tr.t.Errorf("%s: %v", operation, err)
	}
}

// train creates n jobs and waits until all of them have completed.
func (tr *trial) train(n int, job func(i int) map[string]any) {
	for i := range n {
		if err := tr.client.Train(tr.ctx, job(i)); err != nil {
			tr.t.Errorf("create %s: %v", jobName(i), err)
			return
		}
	}
	for i := range n {
		if err := completed(tr.ctx, tr.client, jobName(i)); tr.ctx.Err() != nil {
			return // killing says so
		} else if err != nil {
			tr.t.Error(err)
		}
	}
}

// killing does work, and kills the server meanwhile and starts it again, after a
// pause each time. One kill in four is followed by another before the server has
// come up.
func (tr *trial) killing(pause func() time.Duration, work func()) {
	tr.t.Helper()
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		work()
	}()
	for alive := true; alive; {
		select {
		case <-finished:
			alive = false
		case <-time.After(pause()):
			tr.server.Kill()
			if tr.rng.IntN(4) == 0 {
				if err := tr.server.StartAndKill(tr.upTo(60 * time.Millisecond)()); err != nil {
					tr.t.Error(err)
				}
			}
			if err := tr.server.Start(tr.ctx); err != nil {
				tr.t.Errorf("start after kill %d: %v", tr.server.Kills(), err)
				tr.cancel()
				alive = false
			}
		}
	}
	<-finished
	if err := tr.ctx.Err(); err != nil {
		tr.t.Errorf("not all was done: %v", err)
	}
	if tr.t.Failed() {
		tr.t.FailNow()
	}
}

// upTo is pauses of random lengths below most.
func (tr *trial) upTo(most time.Duration) func() time.Duration {
	return func() time.Duration { return time.Duration(tr.rng.Int64N(int64(most))) }
}
