package endpoint

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/proxy"
)

// removal ends a replica and frees what it held, in a goroutine of its own.
type removal struct {
	cancel context.CancelFunc
	ended  chan struct{}
	mu     sync.Mutex
	ok     bool
}

func (x *removal) done() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.ok
}

// How a replica is ended: it may finish what it has begun, then it is asked to
// stop, then it is killed (Host-5, Weights-1).
const (
	drainTime  = 60 * time.Second
	drainCheck = 5 * time.Millisecond
	stopGrace  = 30 * time.Second
)

// remove begins to remove a retired replica; d is its driver, nil for none.
func (m *manager) remove(ctx context.Context, r *row, retired Retired, d *driver) *removal {
	ctx, cancel := context.WithCancel(ctx)
	x := &removal{cancel: cancel, ended: make(chan struct{})}
	m.work.Go(func() {
		defer close(x.ended)
		if d != nil {
			d.cancel()
			<-d.ended
			drain(ctx, d.instance)
		}
		p := m.s.programsOf(r, retired)
		for pause := time.Second; ; pause = min(2*pause, time.Minute) {
			err := p.end(ctx)
			if err == nil {
				err = os.RemoveAll(p.dir)
			}
			if err == nil {
				break
			}
			m.logger.Warn("a replica could not be removed", "replica", retired.Replica, "error", err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
		}
		x.mu.Lock()
		x.ok = true
		x.mu.Unlock()
		m.tell()
	})
	return x
}

// drain waits until an instance that is not routed to any more has answered.
func drain(ctx context.Context, in *proxy.Instance) {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	for in.Outstanding() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-time.After(drainCheck):
		}
	}
}
