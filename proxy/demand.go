package proxy

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// Demand is the requests of a serverless variant (Serverless-1): each has an
// instance of its own while it is answered, and waits for one as long as there are
// too few. Whoever drives the instances is woken when a request waits, and asks
// what is needed and what idles. It outlives the Variants that it stands in, and is
// safe for concurrent use.
type Demand struct {
	wake func()

	mu sync.Mutex
	// limit is the most requests that may be inside; the next is refused.
	limit   int
	workers map[*Instance]*worker
	// free are the instances without a request, the one that was used last at the
	// end: it is taken first, so that the others come to idle.
	free    []*Instance
	waiting []*waiter
	inside  int
	closed  bool
}

// worker is an instance of a Demand.
type worker struct {
	busy bool
	// since is when it was last given back.
	since time.Time
}

// waiter is a request that waits for an instance.
type waiter struct{ got chan granted }

type granted struct {
	instance *Instance
	err      error
}

// NewDemand makes a Demand that lets nothing in before Set. wake is called, often
// more than once, when a request has to wait; it must not block.
func NewDemand(wake func()) *Demand {
	return &Demand{wake: wake, workers: map[*Instance]*worker{}}
}

// Set says how many requests may be inside at once, and which instances serve.
func (d *Demand) Set(limit int, instances []*Instance) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.limit = limit
	for i := range d.workers {
		if !slices.Contains(instances, i) {
			delete(d.workers, i)
			d.free = slices.DeleteFunc(d.free, func(f *Instance) bool { return f == i })
		}
	}
	for _, i := range instances {
		if d.workers[i] == nil && !i.avoided() {
			i.demand.Store(d)
			d.workers[i] = &worker{busy: true}
			d.give(i)
		}
	}
}

// Needed is how many instances the requests inside want.
func (d *Demand) Needed() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.inside
}

// Idle is for how long an instance has had nothing to do, zero for one that has, or
// that is not of this Demand.
func (d *Demand) Idle(i *Instance, now time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.workers[i]
	if w == nil || w.busy {
		return 0
	}
	return now.Sub(w.since)
}

// Fail answers the requests that wait with err: no instance comes for them.
func (d *Demand) Fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuse(err)
}

// Close has the requests that wait, and those that still come, look for their
// variant again: this one is no part of its endpoint any more.
func (d *Demand) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.refuse(errMoved)
}

// errMoved says that a variant has left its endpoint while a request waited.
var errMoved = errors.New("proxy: the variant is no part of its endpoint any more")

func (d *Demand) refuse(err error) {
	for _, w := range d.waiting {
		d.inside--
		w.got <- granted{err: err}
	}
	d.waiting = nil
}

// enter answers an instance that has nothing else to do, once there is one.
func (d *Demand) enter(ctx context.Context, deadline time.Time, e *Endpoint, v *Variant) (*Instance, error) {
	d.mu.Lock()
	switch {
	case d.closed:
		d.mu.Unlock()
		return nil, errMoved
	case d.inside >= d.limit:
		limit := d.limit
		d.mu.Unlock()
		v.measures.throttled.Add(1)
		return nil, aws.Errorf(aws.ThrottlingException, "Rate exceeded: variant %s of endpoint %s answers as many requests as its MaxConcurrency, %d, lets in.", v.Name, e.key.Name, limit)
	}
	d.inside++
	if n := len(d.free); n > 0 {
		i := d.free[n-1]
		d.free = d.free[:n-1]
		d.take(i)
		d.mu.Unlock()
		return i, nil
	}
	w := &waiter{got: make(chan granted, 1)}
	d.waiting = append(d.waiting, w)
	d.mu.Unlock()
	d.wake()
	return d.await(ctx, deadline, e, v, w)
}

// await waits until a request has its instance.
func (d *Demand) await(ctx context.Context, deadline time.Time, e *Endpoint, v *Variant, w *waiter) (*Instance, error) {
	bounded, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	select {
	case g := <-w.got:
		return g.instance, g.err
	case <-bounded.Done():
	}
	d.mu.Lock()
	at := slices.Index(d.waiting, w)
	if at >= 0 {
		d.waiting = slices.Delete(d.waiting, at, at+1)
		d.inside--
	}
	d.mu.Unlock()
	if at < 0 { // it was answered at the last moment
		g := <-w.got
		return g.instance, g.err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, aws.Errorf(aws.ModelNotReadyException, "Variant %s of endpoint %s is being started, and was not ready within %v. Try again.", v.Name, e.key.Name, e.Limits.Time)
}

// take marks a free instance as one that works; the lock is held.
func (d *Demand) take(i *Instance) {
	d.workers[i].busy = true
	i.outstanding.Add(1)
}

// give has an instance without a request taken by the one that has waited longest;
// the lock is held.
func (d *Demand) give(i *Instance) {
	if len(d.waiting) > 0 {
		w := d.waiting[0]
		d.waiting = d.waiting[1:]
		d.take(i)
		w.got <- granted{instance: i}
		return
	}
	w := d.workers[i]
	w.busy, w.since = false, time.Now()
	d.free = append(d.free, i)
}

// left is called when a request that entered has been answered.
func (d *Demand) left(i *Instance) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inside--
	if d.workers[i] != nil { // it may retire meanwhile
		d.give(i)
	}
}

// onDemand asks the model of a serverless variant. An instance that takes no
// connection is about to be replaced, and the next one is asked.
func (p *Proxy) onDemand(ctx context.Context, e *Endpoint, v *Variant, in *invocation, body []byte, contentType string, deadline time.Time) (*answer, error) {
	for {
		i, err := v.Demand.enter(ctx, deadline, e, v)
		if errors.Is(err, errMoved) {
			if e, v, err = p.admit(in); err == nil {
				return p.ask(ctx, e, v, in, body, contentType, deadline)
			}
		}
		if err != nil {
			return nil, err
		}
		a, err := through(ctx, e, v, i, in, body, contentType, deadline)
		if err == nil {
			a.instance = i
			return a, nil
		}
		var r *refused
		if !errors.As(err, &r) {
			i.leave()
			return nil, err
		}
		v.Demand.broken(i)
	}
}

// broken takes an instance out that takes no connections, and its request with it.
// It comes back with the first Set that has it a moment later.
func (d *Demand) broken(i *Instance) {
	i.outstanding.Add(-1)
	i.avoid(time.Now())
	d.mu.Lock()
	d.inside--
	delete(d.workers, i)
	d.mu.Unlock()
	d.wake()
}
