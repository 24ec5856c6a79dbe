package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// envCrash makes the test binary the victim of the crash test: its value is the
// URL of the database to write to.
const envCrash = "STORE_TEST_CRASH_URL"

func TestMain(m *testing.M) {
	if url := os.Getenv(envCrash); url != "" {
		if err := writeForEver(url, os.Getenv(envCrash+"_RUN")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// writeForEver inserts rows in several goroutines and prints the name of each
// that was acknowledged.
func writeForEver(url, run string) error {
	ctx := context.Background()
	db, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		return err
	}
	var out sync.Mutex
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%s-%d-%d", run, g, i)
				err := db.Update(ctx, func(tx *store.Tx) error {
					return counter.Insert(tx, &store.Row[int]{Scope: scope, Name: name, Body: i})
				})
				out.Lock()
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
				} else {
					fmt.Println(name)
				}
				out.Unlock()
			}
		})
	}
	wg.Wait()
	return nil
}

// TestKilledProcessLosesNothing kills a process that writes, again and again:
// every write that it saw acknowledged is there.
func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		var acknowledged []string
		for run := range 5 {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), envCrash+"="+url, envCrash+"_RUN="+strconv.Itoa(run))
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			must(t, err)
			must(t, cmd.Start())
			lines := bufio.NewScanner(out)
			stop := 1 + rand.IntN(400)
			for n := 0; lines.Scan(); n++ {
				acknowledged = append(acknowledged, lines.Text())
				if n == stop {
					must(t, cmd.Process.Kill()) // and read on what it had printed
				}
			}
			_ = cmd.Wait() // says that it was killed
		}
		db := storetest.Open(t, url)
		must(t, db.View(t.Context(), func(tx *store.Tx) error {
			for _, name := range acknowledged {
				if _, err := counter.Get(tx, scope, name); err != nil {
					t.Errorf("acknowledged, then lost: %v", err)
				}
			}
			var verdict string
			if db.Dialect() == "sqlite" {
				must(t, tx.QueryRow("PRAGMA integrity_check").Scan(&verdict))
				if verdict != "ok" {
					t.Errorf("integrity: %s", verdict)
				}
			}
			return nil
		}))
		t.Logf("%d writes acknowledged", len(acknowledged))
	})
}

// TestDiskFull fills an SQLite database up to a bound, as a full disk would:
// updates fail with a clear error, nothing that was acknowledged is lost, and
// with space again everything works.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	limit := func(pages int) {
		must(t, db.Update(t.Context(), func(tx *store.Tx) error {
			var got int
			return tx.QueryRow(fmt.Sprintf("PRAGMA max_page_count=%d", pages)).Scan(&got)
		}))
	}
	limit(100)
	big := store.NewTable[string]("big")
	var mu sync.Mutex
	var kept []string
	full := 0
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				name := fmt.Sprint(g, "-", i)
				err := db.Update(t.Context(), func(tx *store.Tx) error {
					return big.Insert(tx, &store.Row[string]{Scope: scope, Name: name, Body: strings.Repeat("x", 10000)})
				})
				mu.Lock()
				switch {
				case err == nil:
					kept = append(kept, name)
				case errors.Is(err, store.ErrFull):
					full++
				default:
					t.Errorf("%s: %v", name, err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if full == 0 || len(kept) == 0 {
		t.Errorf("%d fitted, %d did not", len(kept), full)
	}
	limit(1 << 30)
	insertCounter(t, db, "n")
	must(t, db.View(t.Context(), func(tx *store.Tx) error {
		if n, err := big.Count(tx, scope, store.Query{}); err != nil || n != len(kept) {
			t.Errorf("%d rows, want %d (%v)", n, len(kept), err)
		}
		for _, name := range kept {
			if _, err := big.Get(tx, scope, name); err != nil {
				t.Error(err)
			}
		}
		return nil
	}))
}

// TestTwoServersOnOneDatabase counts from two handles; on SQLite they stand for
// two processes, which lock the file in the same way.
func TestTwoServersOnOneDatabase(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		dbs := []*store.DB{storetest.Open(t, url), storetest.Open(t, url)}
		insertCounter(t, dbs[0], "n")
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				must(t, dbs[i%2].Update(t.Context(), func(tx *store.Tx) error { return increment(tx, "n", 1) }))
			})
		}
		wg.Wait()
		for _, db := range dbs {
			if n := readCounter(t, db, "n"); n != 40 {
				t.Errorf("counted %d, want 40", n)
			}
		}
	})
}

// TestLockedDatabase holds the file's lock longer than another will wait.
func TestLockedDatabase(t *testing.T) {
	t.Parallel()
	url := storetest.SQLiteURL(t)
	holder, waiter := storetest.Open(t, url), storetest.Open(t, url)
	must(t, waiter.Update(t.Context(), func(tx *store.Tx) error {
		var ms int
		return tx.QueryRow("PRAGMA busy_timeout(50)").Scan(&ms)
	}))
	must(t, holder.Update(t.Context(), func(*store.Tx) error {
		began := time.Now()
		err := waiter.Update(t.Context(), func(*store.Tx) error { t.Error("ran"); return nil })
		if !errors.Is(err, store.ErrBusy) {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		return nil
	}))
	insertCounter(t, waiter, "n")
}
