package endpoint

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// recheck is how often a manager looks whether another server has changed the
// row; on this server the change itself wakes it.
const recheck = 2 * time.Second

// run drives an endpoint for as long as it exists. It is the handler of the
// endpoint's task: when it ends without the endpoint having ended, because the
// server stops, the replicas live on, and the next server finds them again.
func (s *Service) run(ctx context.Context, t *task.Task) error {
	var w work
	if err := t.Decode(&w); err != nil {
		return task.Cancel(err)
	}
	m := &manager{
		s: s, w: w, logger: s.Logger.With("endpoint", w.key()), drivers: map[Replica]*driver{}, removals: map[Replica]*replica.Removal{},
		setbacks: map[variantKey]setback{}, demands: map[variantKey]*proxy.Demand{}, loads: map[variantKey]*load{}, moved: make(chan struct{}, 1),
	}
	changed := make(chan struct{}, 1)
	s.mu.Lock()
	s.managed[w] = changed
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.managed, w)
		s.mu.Unlock()
		m.close()
	}()
	tick := time.NewTicker(recheck)
	defer tick.Stop()
	for {
		over, pause, err := m.round(ctx)
		if over || err != nil {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-changed:
		case <-m.moved:
		case <-tick.C:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// manager drives the replicas of one endpoint. All but moved and what is behind mu
// belongs to the goroutine of run.
type manager struct {
	s      *Service
	w      work
	logger *slog.Logger
	// drivers drive the replicas that there are to be, removals end those that retire.
	drivers  map[Replica]*driver
	removals map[Replica]*replica.Removal
	// explaining is what explains the answers of the fleet that serves.
	explaining explaining
	// demands are where the requests of serverless variants wait.
	demands map[variantKey]*proxy.Demand
	// loads are what variants with managed scaling have to do.
	loads map[variantKey]*load
	// measured is when it was last looked at what the replicas use.
	measured time.Time
	// setbacks count, by variant and generation, replicas that did not stay healthy.
	setbacks map[variantKey]setback
	// moved tells that the condition of some replica has changed.
	moved chan struct{}
}

// driver drives one replica.
type driver struct {
	*replica.Driver
	// counted says that its setback was noted.
	counted bool
}

// tell has the manager look at the replicas.
func (m *manager) tell() {
	select {
	case m.moved <- struct{}{}:
	default:
	}
}

// round looks at the row, makes the machine and the routes follow it, and commits
// what follows from what the replicas do. pause is when to look again at the
// latest.
func (m *manager) round(ctx context.Context) (over bool, pause time.Duration, err error) {
	for {
		var r *row
		var occupied map[string]int
		err := m.s.DB.View(ctx, func(tx *store.Tx) (err error) {
			if r, err = endpoints.Get(tx, m.w.scope(), m.w.Name); err == nil {
				occupied, err = m.s.occupied(tx, r)
			}
			return err
		})
		if errors.Is(err, store.ErrNotFound) {
			return true, 0, nil
		} else if err != nil {
			return false, 0, err
		}
		m.publish(r)
		m.follow(ctx, r)
		now := m.s.Now()
		m.sample(&r.Body, now)
		m.measure(ctx, &r.Body, now)
		o, wait := m.outlook(now)
		o.occupied = occupied
		r.Body.hosting(o)
		if d := r.Body.Deployment; d != nil && d.Fleet != nil { // its plan waits for times and alarms
			o.alarm, wait = m.alarm(ctx, d.Config), min(wait, deploymentCheck)
		}
		changed, err := advance(&r.Body, o)
		if err != nil {
			return false, 0, err
		}
		if !changed && !r.Body.over() {
			return false, wait, nil
		}
		if err := m.commit(ctx, r, changed); err != nil && !errors.Is(err, store.ErrStale) && !errors.Is(err, store.ErrNotFound) {
			return false, 0, err
		} else if err == nil && r.Body.over() {
			m.s.dropRoute(m.routeKey())
			m.s.Captures.route(m.routeKey(), "")
			return true, 0, nil
		}
	}
}

// commit saves the endpoint, or deletes it when that is what it has come to.
func (m *manager) commit(ctx context.Context, r *row, changed bool) error {
	return m.s.DB.Update(ctx, func(tx *store.Tx) error {
		fresh := *r
		if fresh.Body.over() && fresh.Body.Status == deleting {
			return endpoints.Remove(tx, &fresh)
		}
		if !changed {
			return nil
		}
		if err := m.s.recordLineage(tx, &fresh); err != nil {
			return err
		}
		return save(tx, &fresh)
	})
}

// save stores a changed endpoint.
func save(tx *store.Tx, r *row) error {
	r.Status = string(r.Body.Status)
	return endpoints.Update(tx, r)
}

// follow begins to drive the replicas that there are to be, and to remove those
// that retire.
func (m *manager) follow(ctx context.Context, r *row) {
	wanted := map[Replica]bool{}
	for _, f := range r.Body.fleets() {
		for i := range f.Variants {
			v := &f.Variants[i]
			for _, one := range f.replicas(v) {
				wanted[one] = true
				if m.drivers[one] == nil && !v.hosts() {
					m.drivers[one] = &driver{Driver: m.s.Machine.Drive(ctx, m.s.specOf(r, f, v, one), m.tell)}
				}
			}
		}
	}
	for _, retired := range r.Body.Retiring {
		if m.removals[retired.Replica] == nil {
			var d *replica.Driver
			if driven := m.drivers[retired.Replica]; driven != nil {
				d = driven.Driver
			}
			m.removals[retired.Replica] = m.s.Machine.Remove(ctx, m.s.programsOf(r, retired), d, m.tell)
			delete(m.drivers, retired.Replica)
		}
	}
	for one, d := range m.drivers {
		if !wanted[one] { // another server has removed it
			d.Close()
			delete(m.drivers, one)
		}
	}
}

// outlook is what advance decides by, and how long until patience with some
// variant ends.
func (m *manager) outlook(now time.Time) (outlook, time.Duration) {
	o := outlook{now: now, replicas: map[Replica]condition{}, serverlessIdle: m.s.ServerlessIdle}
	o.demand = func(generation int, variant string) demand { return m.demand(generation, variant, now) }
	o.load = func(generation int, variant string) []float64 {
		if l := m.loads[variantKey{generation, variant}]; l != nil {
			return l.periods
		}
		return nil
	}
	wait := time.Hour
	for r, d := range m.drivers {
		c := d.Condition()
		o.replicas[r] = c
		if (c.Phase == ailing || c.Phase == hopeless) && !d.counted {
			d.counted = true
			m.despair(r, c.Reason)
			k := variantKey{r.Generation, r.Variant}
			b := m.setbacks[k]
			if now.Sub(b.last) > calm {
				b.times = 0
			}
			m.setbacks[k] = setback{b.times + 1, now}
		}
	}
	o.removed = func(r Replica) bool {
		x := m.removals[r]
		return x != nil && x.Done()
	}
	o.patience = func(generation int, variant string) time.Duration {
		b := m.setbacks[variantKey{generation, variant}]
		left := max(0, b.pause()-now.Sub(b.last))
		if left > 0 {
			wait = min(wait, left)
		}
		return left
	}
	for k := range m.setbacks {
		o.patience(k.generation, k.variant)
	}
	return o, wait
}

// close stops driving; the replicas live on.
func (m *manager) close() {
	for _, d := range m.drivers {
		d.Close()
	}
	for _, x := range m.removals {
		x.Close()
	}
}

func (m *manager) routeKey() proxy.Key { return proxy.Key{Scope: m.w.scope(), Name: m.w.Name} }
