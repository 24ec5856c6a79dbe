package store_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

type body struct{ Value, Note string }

var scope = aws.Scope{Account: "123456789012", Region: "us-east-1"}

func TestTableRoundTrip(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		jobs := store.NewTable[body]("job")
		row := &store.Row[body]{Scope: scope, Name: "a", Status: "InProgress", Body: body{"v", "é\u0000\"<>"}}
		must(t, db.Update(t.Context(), func(tx *store.Tx) error { return jobs.Insert(tx, row) }))
		err := db.Update(t.Context(), func(tx *store.Tx) error { return jobs.Insert(tx, &store.Row[body]{Scope: scope, Name: "a"}) })
		if !errors.Is(err, store.ErrExists) {
			t.Fatalf("second insert: %v", err)
		}
		must(t, db.View(t.Context(), func(tx *store.Tx) error {
			got, err := jobs.Get(tx, scope, "a")
			if err != nil {
				return err
			}
			if *got != *row {
				t.Errorf("got %+v, want %+v", got, row)
			}
			return nil
		}))
	})
}

// TestTableGuards changes and deletes rows, and fails to.
func TestTableGuards(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		insertCounter(t, db, "n")
		var first, second *store.Row[int]
		must(t, db.View(t.Context(), func(tx *store.Tx) (err error) {
			if first, err = counter.Get(tx, scope, "n"); err == nil {
				second, err = counter.Get(tx, scope, "n")
			}
			return err
		}))
		update := func(row *store.Row[int]) error {
			return db.Update(t.Context(), func(tx *store.Tx) error { return counter.Update(tx, row) })
		}
		first.Body = 7
		must(t, update(first))
		if first.Rev != 2 || first.ModifiedAt.Before(first.CreatedAt) {
			t.Errorf("after the update: %+v", first)
		}
		if err := update(second); !errors.Is(err, store.ErrStale) {
			t.Errorf("stale update: %v", err)
		}
		remove := func() error {
			return db.Update(t.Context(), func(tx *store.Tx) error { return counter.Delete(tx, scope, "n") })
		}
		must(t, remove())
		if err := remove(); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("second delete: %v", err)
		}
		if err := update(first); !errors.Is(err, store.ErrStale) {
			t.Errorf("update of a deleted row: %v", err)
		}
	})
}

// Children of one parent are deleted, in their scope, and nothing else.
func TestDeleteChildren(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		other := scope
		other.Region = "eu-west-1"
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			for _, r := range []*store.Row[int]{
				{Scope: scope, Name: "a", Parent: "p"}, {Scope: scope, Name: "b", Parent: "p"}, {Scope: scope, Name: "c", Parent: "q"},
				{Scope: scope, Name: "p"}, {Scope: other, Name: "a", Parent: "p"},
			} {
				if err := counter.Insert(tx, r); err != nil {
					return err
				}
			}
			for range 2 { // none left is no error
				if err := counter.DeleteChildren(tx, scope, "p"); err != nil {
					return err
				}
			}
			for s, want := range map[aws.Scope]int{scope: 2, other: 1} {
				if n, err := counter.Count(tx, s, store.Query{}); err != nil || n != want {
					t.Errorf("%v: %d rows left, want %d (%v)", s, n, want, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(t.Context(), func(tx *store.Tx) error { return counter.DeleteChildren(tx, scope, "") })
		if err == nil {
			t.Error("rows without a parent were deleted as the children of nobody")
		}
	})
}

func TestTags(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const arn = "arn:aws:sagemaker:us-east-1:123456789012:training-job/a"
		must(t, db.Update(t.Context(), func(tx *store.Tx) error {
			must(t, store.AddTags(tx, scope, arn, map[string]string{"a": "1", "b": "2", "c": ""}))
			must(t, store.AddTags(tx, scope, arn, map[string]string{"b": "3"}))
			return store.DeleteTags(tx, scope, arn, "c", "missing")
		}))
		must(t, db.View(t.Context(), func(tx *store.Tx) error {
			tags, err := store.Tags(tx, scope, arn)
			if !maps.Equal(tags, map[string]string{"a": "1", "b": "3"}) {
				t.Errorf("tags are %v", tags)
			}
			return err
		}))
		must(t, db.Update(t.Context(), func(tx *store.Tx) error { return store.DropTags(tx, scope, arn) }))
		must(t, db.View(t.Context(), func(tx *store.Tx) error {
			tags, err := store.Tags(tx, scope, arn)
			if len(tags) != 0 {
				t.Errorf("after dropping: %v", tags)
			}
			return err
		}))
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
