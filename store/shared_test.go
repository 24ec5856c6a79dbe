package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// Shared sees every acknowledged change at once, also of a row that was deleted
// and made again, and never what an Update rolled back.
func TestSharedIsNeverStale(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		type body struct{ N int }
		table := store.NewTable[body]("shared")
		scope := aws.Scope{Account: "123456789012", Region: "us-east-1"}
		read := func() (n int) {
			t.Helper()
			err := db.View(t.Context(), func(tx *store.Tx) error {
				row, err := table.Shared(tx, scope, "x")
				if err == nil {
					n = row.Body.N
				}
				return err
			})
			if errors.Is(err, store.ErrNotFound) {
				return -1
			} else if err != nil {
				t.Fatal(err)
			}
			return n
		}
		change := func(fn func(tx *store.Tx) error) {
			t.Helper()
			if err := db.Update(t.Context(), fn); err != nil {
				t.Fatal(err)
			}
		}
		insert := func(n int) func(tx *store.Tx) error {
			return func(tx *store.Tx) error {
				return table.Insert(tx, &store.Row[body]{Scope: scope, Name: "x", Body: body{n}})
			}
		}
		if got := read(); got != -1 {
			t.Fatalf("before: %d", got)
		}
		change(insert(1))
		for i := 1; i < 50; i++ {
			if got := read(); got != i {
				t.Fatalf("read %d, want %d", got, i)
			}
			abort := errors.New("abort")
			if err := db.Update(t.Context(), func(tx *store.Tx) error {
				row, err := table.Shared(tx, scope, "x")
				if err != nil {
					return err
				}
				row.Body.N = 1000
				return errors.Join(table.Update(tx, row), abort)
			}); !errors.Is(err, abort) {
				t.Fatal(err)
			}
			if got := read(); got != i {
				t.Fatalf("after a rollback: read %d, want %d", got, i)
			}
			change(func(tx *store.Tx) error {
				row, err := table.Get(tx, scope, "x")
				if err != nil {
					return err
				}
				row.Body.N = i + 1
				return table.Update(tx, row)
			})
		}
		change(func(tx *store.Tx) error { return table.Delete(tx, scope, "x") })
		if got := read(); got != -1 {
			t.Fatalf("deleted: %d", got)
		}
		change(insert(7))
		if got := read(); got != 7 {
			t.Fatalf("made again: %d", got)
		}
	})
}

// More rows than are kept, read by many at once.
func TestSharedUnderPressure(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	table := store.NewTable[string]("shared")
	scope := aws.Scope{Account: "123456789012", Region: "us-east-1"}
	const rows = 40
	big := make([]byte, 1<<20)
	for i := range big {
		big[i] = 'x'
	}
	for i := range rows {
		if err := db.Update(t.Context(), func(tx *store.Tx) error {
			return table.Insert(tx, &store.Row[string]{Scope: scope, Name: fmt.Sprint(i), Body: fmt.Sprint(i, string(big))})
		}); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 3 * rows {
				name := fmt.Sprint(i % rows)
				if err := db.View(t.Context(), func(tx *store.Tx) error {
					row, err := table.Shared(tx, scope, name)
					if err == nil && row.Body != name+" "+string(big) && row.Body != name+string(big) {
						return fmt.Errorf("row %s holds %.10q", name, row.Body)
					}
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
