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
	flushDocs = 1024
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
		if err := x.Settle(ctx, flushAt); err != nil && ctx.Err() == nil {
			x.logger.Warn("the search index could not be brought up to date; it is tried again", "error", err)
		}
	}
}

// Settle packs what has changed, and merges segments, until fewer than left
// changes of a kind and scope remain that came meanwhile.
func (x *Index) Settle(ctx context.Context, left int) error {
	for _, k := range x.kinds {
		scopes, err := x.scopes(ctx, k)
		if err != nil {
			return err
		}
		for _, scope := range scopes {
			for {
				n, err := x.flush(ctx, k, scope)
				if err != nil {
					return err
				}
				if err := x.tidy(ctx, k, scope); err != nil {
					return err
				}
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
