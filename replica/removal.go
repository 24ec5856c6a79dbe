package replica

import (
	"context"
	"os"
	"sync/atomic"
	"time"

	"github.com/sagebrush/sagebrush/proxy"
)

// Removal ends a replica and frees what it held, in a goroutine of its own.
type Removal struct {
	cancel context.CancelFunc
	ended  chan struct{}
	ok     atomic.Bool
}

// Done says that nothing of the replica is left.
func (x *Removal) Done() bool { return x.ok.Load() }

// Close gives up what is not done yet: another Remove finds the rest.
func (x *Removal) Close() {
	x.cancel()
	<-x.ended
}

// How a replica is ended: it may finish what it has begun, then it is asked to
// stop, then it is killed (Host-5, Weights-1).
const (
	drainTime  = 60 * time.Second
	drainCheck = 5 * time.Millisecond
	stopGrace  = 30 * time.Second
)

// Remove begins to remove a replica that nothing is sent to any more; d is its
// driver, nil for none. tell is called when it is done. It tries until it is, or
// ctx ends.
func (m *Machine) Remove(ctx context.Context, p Programs, d *Driver, tell func()) *Removal {
	ctx, cancel := context.WithCancel(ctx)
	x := &Removal{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(x.ended)
		if d != nil {
			d.Close()
			drain(ctx, d.instance)
		}
		for pause := time.Second; ; pause = min(2*pause, time.Minute) {
			err := m.end(ctx, p)
			if err == nil {
				err = os.RemoveAll(p.Dir)
			}
			if err == nil {
				break
			}
			m.Logger.Warn("a replica could not be removed", "replica", p.Name, "error", err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
		}
		x.ok.Store(true)
		tell()
	}()
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
