package task_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/task"
)

// envVictim makes the test binary a server that is going to be killed: its value
// is the URL of the database.
const envVictim = "TASK_TEST_VICTIM_URL"

// victimLease is the lease of the servers in the tests of takeover.
const victimLease = time.Second

func TestMain(m *testing.M) {
	if url := os.Getenv(envVictim); url != "" {
		if err := victim(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// victim runs tasks that never end and prints the key of each that it begins.
func victim(url string) error {
	ctx := context.Background()
	db, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		return err
	}
	q := task.New(db, task.Options{NodeID: "victim", Lease: victimLease, Poll: victimLease / 10})
	q.Handle("k", task.HandlerOptions{}, func(_ context.Context, k *task.Task) error {
		fmt.Println(k.Key)
		select {}
	})
	if err := q.Start(ctx); err != nil {
		return err
	}
	select {}
}

// TestServersShare gives many tasks to two servers: each runs once, and both
// have some.
func TestServersShare(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		const n = 120
		var runs [n]atomic.Int32
		var had [2]atomic.Int32
		ended := make(chan struct{}, n)
		var first *task.Queue
		var firstDB *store.DB
		for s := range 2 {
			db := storetest.Open(t, url)
			q := start(t, db, task.Options{NodeID: fmt.Sprint("node-", s), Poll: 10 * time.Millisecond}, func(q *task.Queue) {
				q.Handle("k", task.HandlerOptions{Concurrency: 4}, func(ctx context.Context, k *task.Task) error {
					var i int
					if err := k.Decode(&i); err != nil {
						return err
					}
					runs[i].Add(1)
					had[s].Add(1)
					for had[1-s].Load() == 0 && ctx.Err() == nil { // leave some to the other
						time.Sleep(time.Millisecond)
					}
					ended <- struct{}{}
					return nil
				})
			})
			if s == 0 {
				first, firstDB = q, db
			}
		}
		for i := range n {
			add(t, firstDB, first, task.Spec{Kind: "k", Key: fmt.Sprint(i), Payload: i})
		}
		for range n {
			receive(t, ended)
		}
		for i := range n {
			if got := runs[i].Load(); got != 1 {
				t.Errorf("task %d ran %d times", i, got)
			}
		}
	})
}

// TestTakeover kills a server that runs a task. Another begins it within the
// lease and a poll.
func TestTakeover(t *testing.T) {
	t.Parallel()
	if task.DefaultLease+task.DefaultPoll > 12*time.Second {
		t.Error("a server's death would be noticed too late: 15 s are promised")
	}
	storetest.EachURL(t, func(t *testing.T, url string) {
		db := storetest.Open(t, url)
		const poll = victimLease / 10
		began := make(chan time.Time, 9)
		q := task.New(db, task.Options{NodeID: "heir", Lease: victimLease, Poll: poll})
		q.Handle("k", task.HandlerOptions{}, func(context.Context, *task.Task) error {
			began <- time.Now()
			return nil
		})
		add(t, db, q, task.Spec{Kind: "k", Key: "a"})

		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), envVictim+"="+url)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if lines := bufio.NewScanner(out); !lines.Scan() || lines.Text() != "a" {
			t.Fatalf("the victim began %q", lines.Text())
		}
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer q.Stop(context.Background())
		select {
		case <-began:
			t.Error("taken from a server that lives")
		case <-time.After(2 * victimLease):
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		killed := time.Now()
		_ = cmd.Wait() // says that it was killed
		took := receive(t, began).Sub(killed)
		t.Logf("taken over after %v, lease %v", took, victimLease)
		eventually(t, db, "a", gone)
	})
}

// TestPreviousLife starts a server again under its name: what it had leased is
// its own at once, whatever the lease, and another's is not.
func TestPreviousLife(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		began := make(chan string, 9)
		wire := func(q *task.Queue) {
			q.Handle("k", task.HandlerOptions{}, func(_ context.Context, k *task.Task) error {
				began <- fmt.Sprint(k.Key, k.Attempt)
				return nil
			})
		}
		idle := task.New(db, task.Options{NodeID: "node-1"})
		add(t, db, idle, task.Spec{Kind: "k", Key: "mine"}, task.Spec{Kind: "k", Key: "other"})
		lease(t, db, "mine", "node-1/previous", time.Hour)
		lease(t, db, "other", "node-10/x", time.Hour)
		start(t, db, task.Options{NodeID: "node-1", Poll: never}, wire)
		if got := receive(t, began); got != "mine1" {
			t.Errorf("began %s", got)
		}
		eventually(t, db, "mine", gone)
		if r := look(t, db, "other"); r.leased != "node-10/x" {
			t.Errorf("the other server's: %+v", r)
		}
	})
}

// lease makes a task somebody's.
func lease(t *testing.T, db *store.DB, key, holder string, d time.Duration) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE task SET leased_by = $1, lease_until = $2 WHERE key = $3", holder, store.Micros(tx.Now.Add(d)), key)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestLostLease takes a task away from the server that runs it: its handler is
// told, and its answer changes nothing.
func TestLostLease(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		began, causes, proceed := make(chan string, 9), make(chan error, 9), make(chan struct{})
		q := start(t, db, task.Options{Lease: 300 * time.Millisecond, Poll: never}, func(q *task.Queue) {
			q.Handle("k", task.HandlerOptions{}, func(ctx context.Context, k *task.Task) error {
				began <- k.Key
				<-ctx.Done()
				causes <- context.Cause(ctx)
				<-proceed
				return nil
			})
		})
		add(t, db, q, task.Spec{Kind: "k", Key: "a"})
		receive(t, began)
		lease(t, db, "a", "other/x", time.Hour)
		if cause := receive(t, causes); !errors.Is(cause, task.ErrLeaseLost) {
			t.Errorf("cancelled because of %v", cause)
		}
		close(proceed)
		add(t, db, q, task.Spec{Kind: "k", Key: "b"}) // its answer is written after
		receive(t, began)
		if r := look(t, db, "a"); r == nil || r.leased != "other/x" {
			t.Errorf("the task that was lost: %+v", r)
		}
	})
}

// TestUnreachableDatabase closes the database under a server: its handlers are
// cancelled when their leases run out.
func TestUnreachableDatabase(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		db, err := store.Open(t.Context(), url, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		began, causes := make(chan struct{}), make(chan error, 9)
		q := task.New(db, task.Options{NodeID: "node-1", Lease: 300 * time.Millisecond})
		q.Handle("k", task.HandlerOptions{}, func(ctx context.Context, k *task.Task) error {
			close(began)
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return ctx.Err()
		})
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		add(t, db, q, task.Spec{Kind: "k", Key: "a"})
		receive(t, began)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if cause := receive(t, causes); !errors.Is(cause, task.ErrLeaseLost) {
			t.Errorf("cancelled because of %v", cause)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := q.Stop(ctx); err == nil {
			t.Error("stopped as if the task could be given back")
		}
	})
}

// TestStopGivesBack stops a server in the middle of a task: another has it at
// once, and the attempt does not count.
func TestStopGivesBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		began := make(chan string, 9)
		first := task.New(db, task.Options{NodeID: "node-1", Lease: time.Hour, Poll: never})
		first.Handle("k", task.HandlerOptions{}, func(ctx context.Context, k *task.Task) error {
			began <- "first"
			<-ctx.Done()
			if !errors.Is(context.Cause(ctx), task.ErrStopping) {
				t.Errorf("cancelled because of %v", context.Cause(ctx))
			}
			return ctx.Err()
		})
		if err := first.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		add(t, db, first, task.Spec{Kind: "k", Key: "a"})
		receive(t, began)
		for range 2 {
			if err := first.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		start(t, db, task.Options{NodeID: "node-2", Poll: never}, func(q *task.Queue) {
			q.Handle("k", task.HandlerOptions{}, func(_ context.Context, k *task.Task) error {
				began <- fmt.Sprint("second", k.Attempt)
				return nil
			})
		})
		if got := receive(t, began); got != "second1" {
			t.Errorf("began %s", got)
		}
		eventually(t, db, "a", gone)
	})
}
