package task_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/task"
)

// never is a Poll that no test lives to see.
const never = time.Hour

// receive waits for a value.
func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(deadline):
		t.Fatal("waited in vain")
		panic("unreachable")
	}
}

// row is what the database knows of a task.
type row struct {
	attempt int
	dead    bool
	message string
	leased  string
}

// look reads a task's row, nil when it is gone.
func look(t *testing.T, db *store.DB, key string) (r *row) {
	t.Helper()
	err := db.View(t.Context(), func(tx *store.Tx) error {
		rows, err := tx.Query("SELECT attempt, dead, last_error, leased_by FROM task WHERE key = $1", key)
		if err != nil {
			return err
		}
		defer rows.Close()
		r = nil
		for rows.Next() {
			r = &row{}
			if err := rows.Scan(&r.attempt, &r.dead, &r.message, &r.leased); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// eventually waits until a task's row satisfies ok.
func eventually(t *testing.T, db *store.DB, key string, ok func(r *row) bool) *row {
	t.Helper()
	for end := time.Now().Add(deadline); ; time.Sleep(5 * time.Millisecond) {
		r := look(t, db, key)
		if ok(r) {
			return r
		}
		if time.Now().After(end) {
			t.Fatalf("task %s is %+v", key, r)
		}
	}
}

func gone(r *row) bool { return r == nil }

// TestAddedWhileRunning adds a task again while its handler runs: it runs once
// more after, with the new payload, never twice at once.
func TestAddedWhileRunning(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		began, proceed := make(chan string, 9), make(chan error)
		q := start(t, db, task.Options{Poll: never}, func(q *task.Queue) {
			q.Handle("k", task.HandlerOptions{}, func(_ context.Context, k *task.Task) error {
				began <- fmt.Sprint(string(k.Payload), k.Attempt)
				return <-proceed
			})
		})
		for i, answer := range []error{nil, errors.New("wrong"), task.Cancel(errors.New("never")), task.RetryAfter(time.Hour, nil)} {
			key := fmt.Sprint("a", i)
			add(t, db, q, task.Spec{Kind: "k", Key: key, Payload: 1})
			if got := receive(t, began); got != "11" {
				t.Errorf("first run got %s", got)
			}
			add(t, db, q, task.Spec{Kind: "k", Key: key, Payload: 2})
			add(t, db, q, task.Spec{Kind: "k", Key: key, Payload: 3})
			proceed <- answer
			if got := receive(t, began); got != "31" {
				t.Errorf("after %v: second run got %s", answer, got)
			}
			proceed <- nil
			eventually(t, db, key, gone)
		}
	})
}

// TestFailures follows a task that fails, then panics, then is given up, then is
// added again.
func TestFailures(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var log lockedBuffer
		answers := make(chan func() error, 9)
		attempts := make(chan int, 9)
		q := start(t, db, task.Options{Poll: never, Logger: slog.New(slog.NewTextHandler(&log, nil))}, func(q *task.Queue) {
			o := task.HandlerOptions{MaxAttempts: 3, Backoff: func(int) time.Duration { return time.Millisecond }}
			q.Handle("k", o, func(_ context.Context, k *task.Task) error {
				attempts <- k.Attempt
				return (<-answers)()
			})
		})
		answers <- func() error { return errors.New("first") }
		answers <- func() error { panic("second") }
		answers <- func() error { return task.RetryAfter(0, nil) } // counts for nothing
		answers <- func() error { return fmt.Errorf("third: %w", task.RetryAfter(0, errors.New("x"))) }
		add(t, db, q, task.Spec{Kind: "k", Key: "a"})
		for _, want := range []int{1, 2, 3, 3} {
			if got := receive(t, attempts); got != want {
				t.Errorf("attempt %d, want %d", got, want)
			}
		}
		r := eventually(t, db, "a", func(r *row) bool { return r.dead })
		if r.attempt != 3 || !strings.Contains(r.message, "third") || r.leased != "" {
			t.Errorf("dead task: %+v", r)
		}
		if text := log.String(); !strings.Contains(text, "task given up") || !strings.Contains(text, "panic: second") {
			t.Errorf("the log says only %s", text)
		}
		answers <- func() error { return nil }
		add(t, db, q, task.Spec{Kind: "k", Key: "a"})
		if got := receive(t, attempts); got != 1 {
			t.Errorf("added again: attempt %d", got)
		}
		eventually(t, db, "a", gone)

		answers <- func() error { return task.Cancel(errors.New("no use")) }
		add(t, db, q, task.Spec{Kind: "k", Key: "b"})
		receive(t, attempts)
		if r := eventually(t, db, "b", func(r *row) bool { return r.dead }); r.attempt != 1 || !strings.Contains(r.message, "no use") {
			t.Errorf("cancelled task: %+v", r)
		}
	})
}

// lockedBuffer is a buffer for logs of several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestOrderAndTimers runs tasks one at a time, in the order of RunAt and then of
// adding, and those in the future when their time comes, without polling.
func TestOrderAndTimers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ran := make(chan string, 99)
		hold := make(chan struct{})
		q := start(t, db, task.Options{Poll: never}, func(q *task.Queue) {
			q.Handle("k", task.HandlerOptions{Concurrency: 1}, func(_ context.Context, k *task.Task) error {
				<-hold
				ran <- k.Key
				return nil
			})
		})
		now := time.Now()
		add(t, db, q, task.Spec{Kind: "k", Key: "first"})
		add(t, db, q,
			task.Spec{Kind: "k", Key: "later", RunAt: now.Add(300 * time.Millisecond)},
			task.Spec{Kind: "k", Key: "soon", RunAt: now.Add(200 * time.Millisecond)},
			task.Spec{Kind: "k", Key: "b"}, task.Spec{Kind: "k", Key: "a"}, task.Spec{Kind: "k", Key: "past", RunAt: now.Add(-time.Hour)})
		close(hold)
		var got []string
		for range 6 {
			got = append(got, receive(t, ran))
		}
		if want := []string{"first", "b", "a", "past", "soon", "later"}; !slices.Equal(got, want) {
			t.Errorf("ran %v, want %v", got, want)
		}
		if took := time.Since(now); took < 300*time.Millisecond {
			t.Errorf("the last ran after %v", took)
		}
	})
}

// TestConcurrency runs as many tasks of a kind at once as allowed, no more.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		began, hold := make(chan struct{}, 99), make(chan struct{})
		var mu sync.Mutex
		busy, most := 0, 0
		q := start(t, db, task.Options{Poll: never}, func(q *task.Queue) {
			q.Handle("k", task.HandlerOptions{Concurrency: 3}, func(context.Context, *task.Task) error {
				mu.Lock()
				busy++
				most = max(most, busy)
				mu.Unlock()
				began <- struct{}{}
				<-hold
				mu.Lock()
				busy--
				mu.Unlock()
				return nil
			})
		})
		for i := range 12 {
			add(t, db, q, task.Spec{Kind: "k", Key: fmt.Sprint(i)})
		}
		for range 3 {
			receive(t, began)
		}
		close(hold)
		for range 9 {
			receive(t, began)
		}
		mu.Lock()
		defer mu.Unlock()
		if most != 3 {
			t.Errorf("%d ran at once", most)
		}
	})
}
