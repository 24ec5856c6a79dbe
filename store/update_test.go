package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// counter is a row that tests count in.
var counter = store.NewTable[int]("counter")

func insertCounter(t testing.TB, db *store.DB, names ...string) {
	t.Helper()
	must(t, db.Update(t.Context(), func(tx *store.Tx) error {
		for _, name := range names {
			if err := counter.Insert(tx, &store.Row[int]{Scope: scope, Name: name}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func increment(tx *store.Tx, name string, by int) error {
	row, err := counter.Get(tx, scope, name)
	if err != nil {
		return err
	}
	row.Body += by
	return counter.Update(tx, row)
}

func readCounter(t testing.TB, db *store.DB, name string) (n int) {
	t.Helper()
	must(t, db.View(t.Context(), func(tx *store.Tx) error {
		row, err := counter.Get(tx, scope, name)
		if err == nil {
			n = row.Body
		}
		return err
	}))
	return n
}

// TestUpdatesDisturbNobody mixes updates that succeed, fail, panic and end their
// goroutine; exactly the successful ones leave their changes behind.
func TestUpdatesDisturbNobody(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		insertCounter(t, db, "n")
		wrong := errors.New("wrong")
		var commits atomic.Int32
		var wg sync.WaitGroup
		for i := range 80 {
			wg.Go(func() {
				defer func() {
					if v := recover(); (v != nil) != (i%4 == 2) {
						t.Errorf("update %d: panic %v", i, v)
					}
				}()
				returned := false
				defer func() {
					if i%4 == 3 && returned {
						t.Errorf("update %d came back from Goexit", i)
					}
				}()
				err := db.Update(t.Context(), func(tx *store.Tx) error {
					tx.OnCommit(func() { commits.Add(1) })
					if err := increment(tx, "n", 1); err != nil {
						return err
					}
					switch i % 4 {
					case 1:
						return wrong
					case 2:
						panic("oops")
					case 3:
						fail := &testing.T{} // FailNow ends the goroutine
						fail.FailNow()
					}
					return nil
				})
				returned = true
				if want := i%4 == 1; errors.Is(err, wrong) != want || !want && err != nil {
					t.Errorf("update %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if n := readCounter(t, db, "n"); n != 20 {
			t.Errorf("counted %d, want 20", n)
		}
		if commits.Load() != 20 {
			t.Errorf("%d commits were announced, want 20", commits.Load())
		}
	})
}

// TestViewSeesAcknowledged reads back what was just acknowledged, many at once.
func TestViewSeesAcknowledged(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range 50 {
					name := fmt.Sprint(g, "-", i)
					insertCounter(t, db, name)
					readCounter(t, db, name)
				}
			})
		}
		wg.Wait()
	})
}

// TestViewIsASnapshot reads twice with a commit between.
func TestViewIsASnapshot(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		insertCounter(t, db, "n")
		must(t, db.View(t.Context(), func(tx *store.Tx) error {
			for range 2 {
				row, err := counter.Get(tx, scope, "n")
				if err != nil {
					return err
				}
				if row.Body != 0 {
					t.Errorf("the snapshot shows %d", row.Body)
				}
				must(t, db.Update(t.Context(), func(tx *store.Tx) error { return increment(tx, "n", 1) }))
			}
			return nil
		}))
		if n := readCounter(t, db, "n"); n != 2 {
			t.Errorf("n is %d, want 2", n)
		}
	})
}

func TestViewCannotWrite(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		err := db.View(t.Context(), func(tx *store.Tx) error {
			return counter.Insert(tx, &store.Row[int]{Scope: scope, Name: "n"})
		})
		if err == nil {
			t.Error("a View wrote")
		}
	})
}

// TestUpdatesAreSerializable keeps an invariant over two rows that each update
// checks by reading both and breaks if another writes between.
func TestUpdatesAreSerializable(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		insertCounter(t, db, "a", "b")
		must(t, db.Update(t.Context(), func(tx *store.Tx) error { return increment(tx, "a", 10) }))
		var wg sync.WaitGroup
		for i := range 24 {
			wg.Go(func() { // takes one from a or b as long as the sum allows
				must(t, db.Update(t.Context(), func(tx *store.Tx) error {
					sum := 0
					for _, name := range []string{"a", "b"} {
						row, err := counter.Get(tx, scope, name)
						if err != nil {
							return err
						}
						sum += row.Body
					}
					if sum == 0 {
						return nil
					}
					return increment(tx, []string{"a", "b"}[i%2], -1)
				}))
			})
		}
		wg.Wait()
		if sum := readCounter(t, db, "a") + readCounter(t, db, "b"); sum != 0 {
			t.Errorf("the sum is %d, want 0", sum)
		}
	})
}

// TestFailedStatementFailsUpdate hides the error of a statement.
func TestFailedStatementFailsUpdate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if err := counter.Insert(tx, &store.Row[int]{Scope: scope, Name: "n"}); err != nil {
				return err
			}
			_, _ = tx.Exec("SELECT * FROM nowhere")
			return nil
		})
		if err == nil {
			t.Error("the update succeeded")
		}
		err = db.View(t.Context(), func(tx *store.Tx) error { _, err := counter.Get(tx, scope, "n"); return err })
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("its row: %v", err)
		}
	})
}

// TestDoneContext shows that a function whose context is done is not run, and
// that one which ends while it runs changes nothing.
func TestDoneContext(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Update(ctx, func(tx *store.Tx) error {
			if err := counter.Insert(tx, &store.Row[int]{Scope: scope, Name: "n"}); err != nil {
				return err
			}
			cancel()
			return increment(tx, "n", 1)
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled inside: %v", err)
		}
		never := func(*store.Tx) error { t.Error("ran with a context that was done"); return nil }
		if err := db.Update(ctx, never); !errors.Is(err, context.Canceled) {
			t.Errorf("Update: %v", err)
		}
		if err := db.View(ctx, never); !errors.Is(err, context.Canceled) {
			t.Errorf("View: %v", err)
		}
		insertCounter(t, db, "n") // proves that the first left nothing
	})
}

// TestWaitingUpdateWithdraws ends the context of an update behind a slow one.
func TestWaitingUpdateWithdraws(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	ctx, cancel := context.WithCancel(t.Context())
	running, release := make(chan struct{}), make(chan struct{})
	slow := make(chan error, 1)
	go func() {
		slow <- db.Update(t.Context(), func(*store.Tx) error { close(running); <-release; return nil })
	}()
	<-running
	cancel()
	err := db.Update(ctx, func(*store.Tx) error { t.Error("ran"); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(release)
	must(t, <-slow)
}

// TestMisuse shows that bugs are reported rather than hang.
func TestMisuse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			return db.Update(tx.Context(), func(*store.Tx) error { return nil })
		})
		if err == nil || !strings.Contains(err.Error(), "inside a transaction") {
			t.Errorf("nested: %v", err)
		}
		if db.Dialect() == "sqlite" {
			for range 20 { // more often than there are readers
				err = db.View(t.Context(), func(tx *store.Tx) error {
					rows, err := tx.Query("SELECT 1 UNION SELECT 2")
					if err == nil {
						rows.Next() // and not closed
					}
					return err
				})
				if err == nil || !strings.Contains(err.Error(), "left open") {
					t.Errorf("open rows: %v", err)
				}
			}
		}
		insertCounter(t, db, "n") // it still works
	})
}

// TestSameStatementNested runs a statement while rows of the same are read.
func TestSameStatementNested(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	insertCounter(t, db, "a", "b", "c")
	var seen []string
	const names = "SELECT name FROM resource WHERE name >= $1 ORDER BY name"
	must(t, db.View(t.Context(), func(tx *store.Tx) error {
		outer, err := tx.Query(names, "a")
		if err != nil {
			return err
		}
		defer outer.Close()
		for outer.Next() {
			var o, i string
			must(t, outer.Scan(&o))
			must(t, tx.QueryRow(names, o).Scan(&i))
			seen = append(seen, o+i)
		}
		return outer.Err()
	}))
	if got := strings.Join(seen, " "); got != "aa bb cc" {
		t.Errorf("saw %s", got)
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		db, err := store.Open(t.Context(), url, store.Options{})
		must(t, err)
		must(t, db.Close())
		never := func(*store.Tx) error { t.Error("ran"); return nil }
		if err := db.Update(t.Context(), never); !errors.Is(err, store.ErrClosed) {
			t.Errorf("Update: %v", err)
		}
		if err := db.View(t.Context(), never); !errors.Is(err, store.ErrClosed) {
			t.Errorf("View: %v", err)
		}
	})
}

// Many writers that all read what the others write do not defeat each other:
// every update is done within its retries.
func TestContendedUpdates(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const writers, each = 24, 25
		table := store.NewTable[struct{}]("crowd")
		var g errgroup.Group
		for w := range writers {
			g.Go(func() error {
				for i := range each {
					err := db.Update(t.Context(), func(tx *store.Tx) error {
						n, err := table.Count(tx, scope, store.Query{})
						if err != nil {
							return err
						}
						name := fmt.Sprintf("%d-%d-after-%d", w, i, n)
						return table.Insert(tx, &store.Row[struct{}]{Scope: scope, Name: name, ARN: name})
					})
					if err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		var rows []*store.Row[struct{}]
		err := db.View(t.Context(), func(tx *store.Tx) (err error) {
			rows, err = table.List(tx, scope, store.Query{})
			return err
		})
		if err != nil || len(rows) != writers*each {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		seen := map[string]bool{}
		for _, r := range rows {
			_, after, _ := strings.Cut(r.Name, "after-")
			if seen[after] {
				t.Errorf("two updates counted %s rows before them", after)
			}
			seen[after] = true
		}
	})
}
