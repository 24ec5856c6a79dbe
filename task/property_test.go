package task_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/task"
)

// wanted is the work that tasks of the property test owe: Add counts Wanted up
// in the same transaction, a handler copies it to Done.
type work struct{ Wanted, Done int }

var (
	works = store.NewTable[work]("work")
	scope = aws.Scope{Account: "123456789012", Region: "us-east-1"}
)

// TestNothingIsLostOrDoneTwice adds tasks, again and again under few keys, to
// servers whose handlers succeed, fail and panic, and which crash and stop.
// Whatever happens, in the end all work is done, no two servers have worked on a
// key at once, and no handler ran that nobody asked for.
func TestNothingIsLostOrDoneTwice(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		const keys, adds, servers = 12, 300, 3
		db := storetest.Open(t, url) // outlives the servers
		var mu sync.Mutex
		rnd := rand.New(rand.NewPCG(3, 4))
		roll := func(n int) int { mu.Lock(); defer mu.Unlock(); return rnd.IntN(n) }
		busy := map[string]int{}
		completed := map[string]int{}
		asked := map[string]int{}

		handler := func(ctx context.Context, k *task.Task) error {
			mu.Lock()
			busy[k.Key]++
			if busy[k.Key] > 1 && ctx.Err() == nil {
				t.Errorf("%s runs twice at once", k.Key)
			}
			mu.Unlock()
			defer func() { mu.Lock(); busy[k.Key]--; mu.Unlock() }()
			switch roll(10) {
			case 0:
				return errors.New("failed before")
			case 1:
				panic("before")
			case 2:
				return task.RetryAfter(time.Duration(roll(5))*time.Millisecond, nil)
			}
			err := db.Update(ctx, func(tx *store.Tx) error {
				w, err := works.Get(tx, scope, k.Key)
				if err != nil {
					return err
				}
				w.Body.Done = w.Body.Wanted
				return works.Update(tx, w)
			})
			if err != nil {
				return err
			}
			if roll(10) == 0 {
				return errors.New("failed after")
			}
			mu.Lock()
			completed[k.Key]++
			mu.Unlock()
			return nil
		}

		lives := 0
		launch := func() (*task.Queue, *store.DB) {
			own, err := store.Open(t.Context(), url, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			lives++
			q := task.New(own, task.Options{NodeID: fmt.Sprint("life-", lives), Lease: 400 * time.Millisecond, Poll: 20 * time.Millisecond})
			q.Handle("k", task.HandlerOptions{Concurrency: 4, Backoff: func(int) time.Duration { return time.Millisecond }}, handler)
			if err := q.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			return q, own
		}
		var queues [servers]*task.Queue
		var owns [servers]*store.DB
		for s := range servers {
			queues[s], owns[s] = launch()
		}
		stop := func(s int) {
			ctx, cancel := context.WithTimeout(context.Background(), deadline)
			defer cancel()
			if err := queues[s].Stop(ctx); err != nil {
				t.Error(err)
			}
			if err := owns[s].Close(); err != nil {
				t.Error(err)
			}
		}
		crashes := 0
		for i := range adds {
			s := roll(servers)
			if i%60 == 59 {
				if i%120 == 59 { // a crash: the database never hears of this life again
					crashes++
					owns[s].Close()
					ctx, cancel := context.WithCancel(context.Background())
					cancel()
					_ = queues[s].Stop(ctx)
				} else {
					stop(s)
				}
				queues[s], owns[s] = launch()
			}
			key := fmt.Sprint("key-", roll(keys))
			mu.Lock()
			asked[key]++
			mu.Unlock()
			err := owns[s].Update(t.Context(), func(tx *store.Tx) error {
				w, err := works.Get(tx, scope, key)
				if errors.Is(err, store.ErrNotFound) {
					w = &store.Row[work]{Scope: scope, Name: key}
					err = works.Insert(tx, w)
				}
				if err != nil {
					return err
				}
				w.Body.Wanted++
				if err := works.Update(tx, w); err != nil {
					return err
				}
				return queues[s].Add(tx, task.Spec{Kind: "k", Key: key, RunAt: tx.Now.Add(time.Duration(roll(3)) * time.Millisecond)})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for k := range keys {
			eventually(t, db, fmt.Sprint("key-", k), gone)
		}
		for s := range servers {
			stop(s)
		}
		err := db.View(t.Context(), func(tx *store.Tx) error {
			list, err := works.List(tx, scope, store.Query{})
			if err != nil {
				return err
			}
			for _, w := range list {
				if w.Body.Done != w.Body.Wanted {
					t.Errorf("%s: %d of %d done", w.Name, w.Body.Done, w.Body.Wanted)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		defer mu.Unlock()
		extra := 0
		for key, n := range completed {
			extra += max(0, n-asked[key])
		}
		// A crash may hide the completion of what its server had in hand.
		if extra > crashes*4 {
			t.Errorf("%d completions that nobody asked for, with %d crashes", extra, crashes)
		}
	})
}
