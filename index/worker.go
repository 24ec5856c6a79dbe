package index

import (
	"context"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// When and how much the worker packs.
const (
	// flushAt is how many changes are packed without waiting for more. Fewer are
	// quickly looked at one by one, and may well change again.
	flushAt = 512
	// settle is how long fewer changes are waited on.
	settle = 2 * time.Second
	// flushDocs bounds one segment of new records, and so one transaction.
	flushDocs = 512
	// lookAgain is how often leftovers are looked for without being told: those of
	// other servers of the database that ended, and after a failure.
	lookAgain = time.Minute
)

// Run packs what changes until ctx ends. What is left is packed after the next
// start; queries are right at all times.
func (x *Index) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-x.poke:
			if x.pending.Load() < flushAt {
				timer.Reset(settle)
				continue
			}
		case <-timer.C:
		}
		timer.Reset(lookAgain)
		x.pending.Store(0)
		if err := x.settle(ctx, flushAt, rest); err != nil && ctx.Err() == nil {
			x.logger.Warn("the search index could not be brought up to date; it is tried again", "error", err)
		}
	}
}

// rest leaves the processors to others for as long as the worker had them: what
// clients ask for comes before what only makes later queries faster.
func rest(ctx context.Context, worked time.Duration) {
	timer := time.NewTimer(worked)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Settle packs what has changed, and merges segments, until fewer than left
// changes of a kind and scope remain that came meanwhile.
func (x *Index) Settle(ctx context.Context, left int) error {
	return x.settle(ctx, left, func(context.Context, time.Duration) {})
}

// settle is Settle with a pause after each batch, which is told how long it took.
func (x *Index) settle(ctx context.Context, left int, pause func(ctx context.Context, worked time.Duration)) error {
	for _, k := range x.kinds {
		scopes, err := x.scopes(ctx, k)
		if err != nil {
			return err
		}
		for _, scope := range scopes {
			for {
				began := time.Now()
				n, err := x.flush(ctx, k, scope)
				if err != nil {
					return err
				}
				if err := x.tidy(ctx, k, scope); err != nil {
					return err
				}
				pause(ctx, time.Since(began))
				if n == 0 || n < left {
					break
				}
			}
		}
	}
	return nil
}

// tidy merges until there is nothing to merge.
func (x *Index) tidy(ctx context.Context, k *kind, scope aws.Scope) error {
	for {
		more, err := x.merge(ctx, k, scope)
		if err != nil || !more {
			return err
		}
	}
}
