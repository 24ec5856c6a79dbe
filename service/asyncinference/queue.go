package asyncinference

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

const (
	// maxRunning bounds the requests of an endpoint that are at its containers: the
	// most that an instance may be given (Async-2).
	maxRunning = 1000
	// maxEnding bounds those that are given up at the same time.
	maxEnding = 16
	// look is how often an endpoint that has no room is looked at; one that has room
	// again because a request has ended is looked at at once.
	look = 200 * time.Millisecond
	// handOver is after how long without room a server lets another try: with several
	// servers, one of them knows the endpoint's instances.
	handOver = 5 * time.Second
)

// driver drives the requests of one endpoint. All of it belongs to the goroutine of
// the task.
type driver struct {
	s      *Service
	w      work
	logger *slog.Logger
	// began is when this life of the queue began: requests from before may have been
	// answered already.
	began time.Time
	// running and ending are the requests in hand.
	running, ending map[string]bool
	// setbacks are the requests that are to be tried again, and when.
	setbacks map[string]time.Time
	ended    chan outcome
	work     sync.WaitGroup
	meter    meter
	journal  journal
}

// outcome is how an attempt ended.
type outcome struct {
	request *request
	verdict verdict
	err     error
}

// drive answers the requests of an endpoint, the oldest first, until none is left.
// It is the handler of the endpoint's task.
func (s *Service) drive(ctx context.Context, t *task.Task) error {
	d := &driver{s: s, began: s.Now(), running: map[string]bool{}, ending: map[string]bool{}, setbacks: map[string]time.Time{},
		ended: make(chan outcome, maxRunning+maxEnding)}
	if err := t.Decode(&d.w); err != nil {
		return task.Cancel(err)
	}
	d.logger = s.Logger.With("endpoint", d.w.key())
	woken := make(chan struct{}, 1)
	s.mu.Lock()
	s.driven[d.w] = woken
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.driven, d.w)
		s.mu.Unlock()
		d.work.Wait()
		d.journal.close()
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before the wait
	idle := d.began
	for {
		left, capacity, err := d.round(ctx)
		busy := len(d.running)+len(d.ending) > 0
		switch {
		case err != nil:
			return err
		case busy || left > 0 && capacity > 0:
			idle = s.Now()
		case left == 0:
			d.measure(ctx, true)
			return nil
		case s.Now().Sub(idle) > handOver:
			d.measure(ctx, true)
			return task.RetryAfter(look, nil)
		}
		d.measure(ctx, false)
		timer := time.NewTimer(look)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-woken:
		case o := <-d.ended:
			d.took(o)
		case <-timer.C:
		}
		timer.Stop()
		for more := true; more; {
			select {
			case o := <-d.ended:
				d.took(o)
			default:
				more = false
			}
		}
	}
}

// round begins what can be begun. It answers how many requests there are, of those
// that it looked at, and how many the endpoint takes at a time.
func (d *driver) round(ctx context.Context) (left, capacity int, err error) {
	capacity, _ = d.s.Containers.Capacity(d.w.route())
	capacity = min(capacity, maxRunning)
	var e *Endpoint
	var first, late []*request
	err = d.s.DB.View(ctx, func(tx *store.Tx) (err error) {
		if e, err = d.s.Endpoints.AsyncEndpoint(tx, d.w.scope(), d.w.Endpoint); err != nil {
			return err
		}
		if late, err = expired(tx, d.w, len(d.running)+2*maxEnding); err != nil {
			return err
		}
		first, err = oldest(tx, d.w, max(capacity, maxEnding)+len(d.running)+len(d.ending)+len(d.setbacks))
		return err
	})
	if err != nil {
		return 0, capacity, err
	}
	for _, r := range late {
		d.end(ctx, r, &failure{reason: "The request expired: it waited in the queue for longer than its RequestTTLSeconds.", expired: true})
	}
	now := d.s.Now()
	for _, r := range first {
		switch {
		case e == nil || e.Over || !e.CreatedAt.Equal(r.EndpointCreatedAt):
			d.end(ctx, r, &failure{reason: "The endpoint " + d.w.Endpoint + " was deleted, or has failed, before the request was answered."})
		case len(d.running) >= capacity || d.has(r) || d.setbacks[r.id].After(now):
		default:
			d.begin(ctx, r)
		}
	}
	return len(first), capacity, nil
}

func (d *driver) has(r *request) bool { return d.running[r.id] || d.ending[r.id] }

// begin has a request answered.
func (d *driver) begin(ctx context.Context, r *request) {
	d.running[r.id] = true
	d.work.Go(func() {
		v, err := d.s.attempt(ctx, d, r)
		d.ended <- d.counted(ctx, outcome{r, v, err})
	})
}

// end gives a request up that nobody has in hand.
func (d *driver) end(ctx context.Context, r *request, why *failure) {
	if d.has(r) || len(d.ending) >= maxEnding || d.setbacks[r.id].After(d.s.Now()) {
		return
	}
	d.ending[r.id] = true
	d.work.Go(func() {
		v, err := d.s.fail(ctx, d, r, why)
		d.ended <- d.counted(ctx, outcome{r, v, err})
	})
}

// counted keeps how often a request was tried, so that nobody tries for ever.
func (d *driver) counted(ctx context.Context, o outcome) outcome {
	switch {
	case o.verdict == crashed:
		o.request.Crashes++
	case o.verdict == trouble && ctx.Err() == nil:
		o.request.Troubles++
	default:
		return o
	}
	if err := d.s.DB.UpdateGuarded(ctx, func(tx *store.Tx) error { return save(tx, o.request) }); err != nil && ctx.Err() == nil {
		d.logger.Warn("a setback of an asynchronous request could not be noted", "request", o.request.id, "error", err)
	}
	return o
}

// took notes how an attempt ended.
func (d *driver) took(o outcome) {
	id := o.request.id
	delete(d.running, id)
	delete(d.ending, id)
	pause := look
	switch o.verdict {
	case done:
		delete(d.setbacks, id)
		return
	case busy:
	case crashed:
		pause = time.Second << min(o.request.Crashes-1, 5)
	case trouble:
		pause = time.Second << min(max(0, o.request.Troubles-1), 6)
		d.logger.Warn("an asynchronous request meets trouble, and is tried again", "request", id, "error", o.err, "after", pause)
	}
	d.setbacks[id] = d.s.Now().Add(pause)
}
