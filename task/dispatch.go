package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sagebrush/sagebrush/store"
)

// Start takes back the leases of this node's previous life and begins to run
// tasks. ctx bounds the start only: Stop ends what was started.
func (q *Queue) Start(ctx context.Context) error {
	q.mu.Lock()
	started := q.done != nil
	if !started {
		q.done = make(chan struct{})
	}
	q.mu.Unlock()
	if started {
		return errors.New("task: started twice")
	}
	err := q.db.UpdateGuarded(ctx, func(tx *store.Tx) error {
		// "node0" follows all that begins with "node/".
		_, err := tx.Exec("UPDATE task SET leased_by = '', lease_until = 0 WHERE leased_by > $1 AND leased_by < $2",
			q.node+"/", q.node+"0")
		return err
	})
	if err != nil {
		close(q.done)
		return fmt.Errorf("task: take back the leases of the previous life: %w", err)
	}
	go q.dispatch(context.WithoutCancel(ctx))
	return nil
}

// Stop cancels the handlers' contexts, waits until all have ended, and gives
// their tasks back, so that another server need not wait for the leases. When
// ctx ends first, it answers an error and leaves what still runs to its lease.
// Stopping twice, or before Start, is fine.
func (q *Queue) Stop(ctx context.Context) error {
	q.mu.Lock()
	done := q.done
	q.stopping = true
	for _, r := range q.running {
		r.cancel(ErrStopping)
	}
	q.mu.Unlock()
	if done == nil {
		return nil
	}
	q.signal()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	left := len(q.running)
	q.abandoned = true
	q.mu.Unlock()
	q.signal()
	return fmt.Errorf("task: %d handlers still run: %w", left, context.Cause(ctx))
}

// retryRound is how long to wait after a round that failed.
const retryRound = 250 * time.Millisecond

// dispatch does rounds until Stop.
func (q *Queue) dispatch(ctx context.Context) {
	defer close(q.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	now := time.Now()
	nextPoll, nextBeat := now, now.Add(q.lease/3)
	var notBefore time.Time
	for {
		now := time.Now()
		if !now.Before(nextBeat) {
			if err := q.heartbeat(ctx); err != nil {
				q.logger.Warn("task leases could not be renewed", "error", err)
				nextBeat = now.Add(q.lease / 20)
			} else {
				nextBeat = now.Add(q.lease / 3)
			}
		}
		if !now.Before(notBefore) {
			if !now.Before(nextPoll) {
				q.lookEverywhere()
				nextPoll = now.Add(q.poll)
			}
			if err := q.round(ctx); err != nil {
				q.logger.Warn("tasks could not be looked at", "error", err)
				notBefore = time.Now().Add(retryRound)
			}
		}
		if q.ended() {
			return
		}
		until := q.nextDue(earlier(nextPoll, nextBeat))
		if until.Before(notBefore) {
			until = notBefore
		}
		timer.Reset(time.Until(until))
		select {
		case <-timer.C:
		case <-q.wake:
		}
	}
}

// earlier is the earlier of two times.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// ended says that a queue that stops has nothing left to wait for.
func (q *Queue) ended() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.stopping && (q.abandoned || len(q.running) == 0 && len(q.answers) == 0)
}

// lookEverywhere makes the next round look for tasks of all kinds.
func (q *Queue) lookEverywhere() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, k := range q.kinds {
		k.look = true
	}
}

// nextDue is when the dispatcher must wake at the latest: limit, or the RunAt
// of a task that there is room for.
func (q *Queue) nextDue(limit time.Time) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, k := range q.kinds {
		if !k.next.IsZero() && k.busy < k.options.Concurrency {
			limit = earlier(limit, k.next)
		}
	}
	return limit
}

// want is how many tasks of a kind a round may lease.
type want struct {
	kind *kind
	free int
}

// round writes down the answers of handlers and leases due tasks, in one
// transaction.
func (q *Queue) round(ctx context.Context) error {
	answers, wants := q.plan(time.Now())
	if len(answers) == 0 && len(wants) == 0 {
		return nil
	}
	var leased []*Task
	var again map[string]bool
	var next map[string]time.Duration
	until := time.Now().Add(q.lease)
	err := q.db.UpdateGuarded(ctx, func(tx *store.Tx) error {
		leased = leased[:0]
		next = map[string]time.Duration{}
		var err error
		if again, err = q.writeAnswers(tx, answers); err != nil {
			return err
		}
		for _, w := range wants {
			tasks, err := q.acquire(tx, w.kind.name, w.free)
			if err != nil {
				return err
			}
			leased = append(leased, tasks...)
			if len(tasks) == w.free {
				again[w.kind.name] = true // there may be more
				continue
			}
			if next[w.kind.name], err = q.wait(tx, w.kind.name); err != nil {
				return err
			}
		}
		return nil
	})
	q.mu.Lock()
	defer q.mu.Unlock()
	if err != nil {
		q.answers = append(answers, q.answers...)
		for _, w := range wants {
			w.kind.look = true
		}
		return err
	}
	for name := range again {
		if k := q.kinds[name]; k != nil {
			k.look = true
			q.signal()
		}
	}
	for name, wait := range next {
		if k := q.kinds[name]; wait > 0 {
			if at := time.Now().Add(wait); k.next.IsZero() || at.Before(k.next) {
				k.next = at
			}
		}
	}
	slices.SortFunc(leased, func(a, b *Task) int {
		if a.runAt != b.runAt {
			return int(min(max(a.runAt-b.runAt, -1), 1))
		}
		return int(min(max(a.ID-b.ID, -1), 1))
	})
	for _, t := range leased {
		q.begin(ctx, t, until)
	}
	return nil
}

// plan takes the answers to write and decides what to look for.
func (q *Queue) plan(now time.Time) ([]answer, []want) {
	q.mu.Lock()
	defer q.mu.Unlock()
	answers := q.answers
	q.answers = nil
	if q.stopping {
		return answers, nil
	}
	var wants []want
	for _, k := range q.kinds {
		free := k.options.Concurrency - k.busy
		if free <= 0 {
			continue
		}
		if !k.next.IsZero() && !now.Before(k.next) {
			k.look = true
			k.next = time.Time{}
		}
		if k.look {
			k.look = false
			wants = append(wants, want{k, free})
		}
	}
	// One order, so that servers that do the same do not wait for each other in circles.
	slices.SortFunc(wants, func(a, b want) int {
		if a.kind.name < b.kind.name {
			return -1
		}
		return 1
	})
	return answers, wants
}
