package task_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/task"
)

// deadline bounds every wait of the tests.
const deadline = 20 * time.Second

// start makes a started queue that is stopped at the end of the test.
func start(t *testing.T, db *store.DB, o task.Options, wire func(q *task.Queue)) *task.Queue {
	t.Helper()
	if o.NodeID == "" {
		o.NodeID = "node-1"
	}
	q := task.New(db, o)
	wire(q)
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return q
}

// add commits tasks.
func add(t *testing.T, db *store.DB, q *task.Queue, specs ...task.Spec) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		for _, s := range specs {
			if err := q.Add(tx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestManyTasksRunOnceEach(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const n = 200
		var runs [n]atomic.Int32
		all := make(chan struct{}, n)
		q := start(t, db, task.Options{}, func(q *task.Queue) {
			q.Handle("noop", task.HandlerOptions{}, func(_ context.Context, k *task.Task) error {
				var i int
				if err := k.Decode(&i); err != nil {
					return err
				}
				runs[i].Add(1)
				all <- struct{}{}
				return nil
			})
		})
		var specs []task.Spec
		for i := range n {
			specs = append(specs, task.Spec{Kind: "noop", Key: fmt.Sprint(i), Payload: i})
		}
		began := time.Now()
		add(t, db, q, specs...)
		for range n {
			select {
			case <-all:
			case <-time.After(deadline):
				t.Fatal("not all tasks ran")
			}
		}
		t.Logf("%d tasks in %v", n, time.Since(began))
		for i := range n {
			if got := runs[i].Load(); got != 1 {
				t.Errorf("task %d ran %d times", i, got)
			}
		}
	})
}
