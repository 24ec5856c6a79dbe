package kit

import (
	"context"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Read is the caller's resource of that name or ARN: what a Describe operation
// begins with.
func (k Kind[B]) Read(ctx context.Context, b Base, nameOrARN string) (row *store.Row[B], err error) {
	err = b.DB.View(ctx, func(tx *store.Tx) error {
		row, err = k.Find(tx, aws.ScopeFrom(ctx), nameOrARN)
		return err
	})
	return row, err
}

// Change finds the caller's resource and saves what change makes of it, in one
// transaction: an Update operation. change may run more than once.
func (k Kind[B]) Change(ctx context.Context, b Base, nameOrARN string, change func(tx *store.Tx, row *store.Row[B]) error) (row *store.Row[B], err error) {
	err = b.DB.Update(ctx, func(tx *store.Tx) error {
		if row, err = k.Find(tx, aws.ScopeFrom(ctx), nameOrARN); err != nil {
			return err
		}
		if err := change(tx, row); err != nil {
			return err
		}
		return k.Update(tx, row)
	})
	return row, err
}

// Drop removes the caller's resource and its tags, in one transaction: a Delete
// operation. may, which may be nil, can refuse.
func (k Kind[B]) Drop(ctx context.Context, b Base, nameOrARN string, may func(tx *store.Tx, row *store.Row[B]) error) error {
	return b.DB.Update(ctx, func(tx *store.Tx) error {
		row, err := k.Find(tx, aws.ScopeFrom(ctx), nameOrARN)
		if err == nil && may != nil {
			err = may(tx, row)
		}
		if err != nil {
			return err
		}
		return k.Remove(tx, row)
	})
}
