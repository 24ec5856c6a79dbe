package asyncinference

import (
	"context"
	"maps"
	"sync"
	"testing"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/proxy"
)

// gauge keeps what is published.
type gauge struct {
	mu   sync.Mutex
	last map[string]float64
	all  map[string]int
}

func (g *gauge) Publish(_ context.Context, scope aws.Scope, endpoint string, values []Value) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, v := range values {
		g.last[v.Name] = v.Value
		g.all[v.Name]++
	}
	return nil
}

func (g *gauge) seen() (last map[string]float64, all map[string]int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.last), maps.Clone(g.all)
}

// Host-9: a queue tells how much waits, for how long and whether anybody could take
// it, and at its end what became of it; an empty one that it is empty.
func TestMetrics(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		g := &gauge{last: map[string]float64{}, all: map[string]int{}}
		b.stop()
		b.Measures = g
		b.serve()
		b.endpoint("e", 1)
		one := b.ask("e", b.input("a", "a"))
		other := b.ask("e", "s3://data/nothing")
		b.until("it is said that nobody can take it", func() bool {
			last, _ := g.seen()
			return last["HasBacklogWithoutCapacity"] == 1 && last["ApproximateBacklogSize"] > 0
		})
		b.route("e", 1, shout)
		b.end(one)
		b.end(other)
		b.until("the queue is said to be empty", func() bool {
			last, all := g.seen()
			return all["ApproximateBacklogSizePerInstance"] > 0 && last["ApproximateBacklogSize"] == 0 && last["HasBacklogWithoutCapacity"] == 0
		})
		last, all := g.seen()
		if last["InvocationFailures"] != 1 || all["TimeInBacklog"] != 1 || all["TotalProcessingTime"] != 1 || last["ExpiredRequests"] != 0 || last["ApproximateAgeOfOldestRequest"] != 0 {
			t.Errorf("published is %v, so often: %v", last, all)
		}
		b.until("nobody drives the queue", func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return len(b.driven) == 0
		})
		endpoints := b.proxy.Table().Asynchronous()
		if len(endpoints) != 1 || endpoints[0] != (proxy.Key{Scope: home, Name: "e"}) {
			t.Fatalf("the asynchronous endpoints are %v", endpoints)
		}
		b.MeasureIdle(b.ctx, endpoints)
		if _, now := g.seen(); now["ApproximateBacklogSize"] != all["ApproximateBacklogSize"]+1 {
			t.Errorf("published so often: %v, before: %v", now, all)
		}
	})
}
