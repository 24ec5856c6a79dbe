package task

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/store"
)

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
		return cmp.Or(cmp.Compare(a.runAt, b.runAt), cmp.Compare(a.ID, b.ID))
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
	slices.SortFunc(wants, func(a, b want) int { return strings.Compare(a.kind.name, b.kind.name) })
	return answers, wants
}
