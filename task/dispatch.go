package task

import (
	"context"
	"errors"
	"fmt"
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
