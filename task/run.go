package task

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// run is a task in the hands of its handler.
type run struct {
	task   *Task
	kind   *kind
	cancel context.CancelCauseFunc
	ctx    context.Context
	// expire cancels the handler when the lease has run out by our own clock,
	// because the database could not be reached to renew it: another server may
	// have the task then.
	expire *time.Timer
}

// verdict is what becomes of a task after a run.
type verdict int

const (
	done    verdict = iota // delete it
	release                // give it back as it was
	retry                  // run it again at answer.after
	dead                   // keep it for people to look at
)

// answer is the verdict on a run that waits to be written down.
type answer struct {
	task    *Task
	verdict verdict
	// after is how long to wait before the next run, for retry.
	after time.Duration
	// failed says that the run counts as an attempt.
	failed bool
	// message is the error, "" without one.
	message string
}

// begin starts the handler of a task that was leased until then. The caller
// holds q.mu.
func (q *Queue) begin(ctx context.Context, t *Task, until time.Time) {
	if r := q.running[t.ID]; r != nil {
		// Our own lease had run out and nobody else came: the handler that still
		// runs, cancelled or not, keeps the task.
		r.expire.Reset(time.Until(until))
		return
	}
	k := q.kinds[t.Kind]
	r := &run{task: t, kind: k}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	r.expire = time.AfterFunc(time.Until(until), func() { r.cancel(ErrLeaseLost) })
	if q.stopping {
		r.cancel(ErrStopping)
	}
	q.running[t.ID] = r
	k.busy++
	go q.handle(r)
}

// handle runs the handler and hands its answer to the dispatcher.
func (q *Queue) handle(r *run) {
	err := errors.New("the handler ended its goroutine")
	defer func() {
		a := r.judge(err)
		cause := context.Cause(r.ctx)
		r.expire.Stop()
		r.cancel(nil)
		q.report(a, cause)
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.running, r.task.ID)
		r.kind.busy--
		q.answers = append(q.answers, a)
		q.signal()
	}()
	err = r.call()
}

// call runs the handler and makes an error of a panic.
func (r *run) call() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicked{v, debug.Stack()}
		}
	}()
	return r.kind.handler(r.ctx, r.task)
}

// panicked is the error of a handler that panicked.
type panicked struct {
	value any
	stack []byte
}

// Error implements error.
func (p *panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

// judge decides what becomes of the task.
func (r *run) judge(err error) answer {
	a := answer{task: r.task}
	if err == nil {
		return a
	}
	var cancel *cancelled
	var later *retryAfter
	var crash *panicked
	interrupted := r.ctx.Err() != nil && !errors.As(err, &crash)
	switch {
	case errors.As(err, &cancel):
		a.verdict, a.failed = dead, true
	case interrupted:
		a.verdict = release // not the task's fault
		return a
	case errors.As(err, &later):
		a.verdict, a.after, a.failed = retry, later.after, later.err != nil
	default:
		a.verdict, a.after, a.failed = retry, r.kind.options.Backoff(r.task.Attempt), true
	}
	if !a.failed {
		return a
	}
	a.message = err.Error()
	if most := r.kind.options.MaxAttempts; most > 0 && r.task.Attempt >= most {
		a.verdict = dead
	}
	return a
}

// report logs what people should know of.
func (q *Queue) report(a answer, cause error) {
	l := q.logger.With("kind", a.task.Kind, "key", a.task.Key, "attempt", a.task.Attempt)
	switch {
	case a.verdict == dead:
		l.Error("task given up", "error", a.message)
	case a.failed:
		l.Warn("task failed, will try again", "error", a.message, "after", a.after)
	case a.verdict == release:
		l.Info("task interrupted", "cause", cause)
	}
}
