package store

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// Bounds of one group commit: more functions share a sync than ever wait, but
// the first of them must not wait long for the last.
const (
	maxBatch     = 256
	maxBatchTime = 4 * time.Millisecond
)

// job is one call of Update on its way through the writer.
type job struct {
	ctx  context.Context
	fn   func(tx *Tx) error
	tx   *Tx
	err  error
	done chan struct{}
	// panicked and exited say how fn ended when it did not return.
	panicked *Panic
	exited   bool
}

// writer owns the connection that writes and commits functions in groups.
type writer struct {
	db *DB
	s  *session

	mu     sync.Mutex
	queue  []*job
	closed bool
	// wake has an element when the queue or closed changed.
	wake chan struct{}
	done chan struct{}

	// batch is the group under way, and broken why all of it is lost already;
	// used by the writer's goroutine only.
	batch  []*job
	broken error
}

func newWriter(db *DB, s *session) *writer {
	w := &writer{db: db, s: s, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go w.loop()
	return w
}

// update queues fn and waits for its commit. Once fn has begun, its outcome is
// waited for whatever happens to ctx.
func (w *writer) update(ctx context.Context, fn func(tx *Tx) error) error {
	j := &job{ctx: ctx, fn: fn, done: make(chan struct{})}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return ErrClosed
	}
	w.queue = append(w.queue, j)
	w.mu.Unlock()
	w.signal()
	select {
	case <-j.done:
	case <-ctx.Done():
		if w.withdraw(j) {
			return ctx.Err()
		}
		<-j.done
	}
	switch {
	case j.panicked != nil:
		panic(j.panicked)
	case j.exited:
		runtime.Goexit()
	case j.err != nil:
		return mapError(j.err)
	}
	j.tx.committed()
	return nil
}

// withdraw takes j out of the queue; false when it has begun.
func (w *writer) withdraw(j *job) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, q := range w.queue {
		if q == j {
			w.queue = append(w.queue[:i], w.queue[i+1:]...)
			return true
		}
	}
	return false
}

func (w *writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// next takes the function that has waited longest, nil when none waits.
func (w *writer) next() (j *job, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return nil, w.closed
	}
	j = w.queue[0]
	w.queue[0] = nil
	w.queue = w.queue[1:]
	return j, w.closed
}

// close lets the queue run empty and ends the goroutine.
func (w *writer) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.signal()
	<-w.done
}

// loop commits groups until close. A function that ends its goroutine (as
// testing's FailNow does) ends this one; the deferred call starts another,
// which finishes the group.
func (w *writer) loop() {
	ended := false
	defer func() {
		if ended {
			close(w.done)
			return
		}
		go w.loop()
	}()
	if len(w.batch) > 0 {
		w.finish()
	}
	for {
		j, closed := w.next()
		if j == nil {
			if closed {
				ended = true
				return
			}
			<-w.wake
			continue
		}
		w.group(j)
	}
}

// group runs first and what waits behind it in one transaction.
func (w *writer) group(first *job) {
	if err := w.s.do("BEGIN IMMEDIATE"); err != nil {
		first.fail(err)
		return
	}
	started := time.Now()
	for j := first; j != nil; j, _ = w.next() {
		w.run(j)
		if w.broken != nil || len(w.batch) >= maxBatch || time.Since(started) > maxBatchTime {
			break
		}
	}
	w.finish()
}

// run calls j's function inside a savepoint and keeps or undoes its changes.
func (w *writer) run(j *job) {
	w.batch = append(w.batch, j)
	if j.err = j.ctx.Err(); j.err != nil {
		return
	}
	if j.err = w.s.do("SAVEPOINT f"); j.err != nil {
		w.broken = j.err
		return
	}
	returned := false
	defer func() {
		if !returned {
			if v := recover(); v != nil {
				j.panicked = &Panic{Value: v, Stack: debug.Stack()}
			} else {
				j.exited = true
			}
			j.err = fmt.Errorf("store: the function did not return")
		}
		j.err = w.s.finish(j.err)
		if j.err == nil {
			if j.err = w.s.do("RELEASE f"); j.err != nil {
				w.broken = j.err
			}
			return
		}
		// A full disk makes SQLite roll back the whole transaction: then there is
		// no savepoint any more, and the group must end here, because the next
		// savepoint would begin a transaction of its own.
		if err := w.s.do("ROLLBACK TO f"); err != nil {
			w.broken = j.err
		} else if err := w.s.do("RELEASE f"); err != nil {
			w.broken = err
		}
	}()
	j.tx = w.db.newTx(j.ctx, w.s)
	j.err = j.fn(j.tx)
	returned = true
}

// finish commits the group and answers all of it.
func (w *writer) finish() {
	err := w.broken
	w.broken = nil
	if err == nil {
		err = w.s.do("COMMIT")
	}
	if err != nil {
		_ = w.s.do("ROLLBACK") // fails when SQLite has done so itself
	}
	for i, j := range w.batch {
		if j.err == nil && err != nil {
			j.err = err
		}
		w.batch[i] = nil
		close(j.done)
	}
	w.batch = w.batch[:0]
}

// fail answers j without running it.
func (j *job) fail(err error) {
	j.err = err
	close(j.done)
}
