package inferencecomponent

import (
	"context"
	"errors"
	"time"

	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/replica"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// recheck is how often a manager looks whether the instances, or another server,
// have changed something.
const recheck = 2 * time.Second

// run drives a component for as long as it exists. When it ends before that,
// because the server stops, the copies live on, and the next server finds them.
func (s *Service) run(ctx context.Context, t *task.Task) error {
	var w work
	if err := t.Decode(&w); err != nil {
		return task.Cancel(err)
	}
	m := &manager{s: s, w: w, drivers: map[int]*replica.Driver{}, removals: map[int]*replica.Removal{}, counted: map[int]bool{}, moved: make(chan struct{}, 1)}
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
		over, err := m.round(ctx)
		if over || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-m.moved:
		case <-tick.C:
		}
	}
}

// manager drives the copies of one component; all of it belongs to the goroutine of
// run.
type manager struct {
	s *Service
	w work
	// drivers drive the copies that there are to be, removals end those that retire.
	drivers  map[int]*replica.Driver
	removals map[int]*replica.Removal
	// counted are the copies that did not stay healthy, setbacks how many there were
	// in a row, and last when the last one was found.
	counted  map[int]bool
	setbacks int
	last     time.Time
	// moved tells that some copy has changed.
	moved chan struct{}
}

// state is what a manager reads at once.
type state struct {
	row   *row
	host  *Host
	rooms rooms
}

func (m *manager) read(tx *store.Tx) (state, error) {
	var st state
	var err error
	if st.row, err = components.Get(tx, m.w.scope(), m.w.Name); err != nil {
		return st, err
	}
	if st.host, err = m.s.Endpoints.Host(tx, st.row.Scope, st.row.Parent); err != nil {
		return st, err
	}
	st.rooms, err = m.s.room(tx, st.row, st.host)
	return st, err
}

// round makes the machine and the routes follow the row, and commits what follows
// from what the copies do, until nothing does.
func (m *manager) round(ctx context.Context) (over bool, err error) {
	for {
		var st state
		err := m.s.DB.View(ctx, func(tx *store.Tx) (err error) { st, err = m.read(tx); return err })
		if errors.Is(err, store.ErrNotFound) {
			return true, nil
		} else if err != nil {
			return false, err
		}
		m.publish(st)
		m.follow(ctx, st)
		if st.row.Body.over() {
			return m.end(ctx, st)
		}
		o := m.outlook(st.rooms)
		if changed, err := advance(&st.row.Body, o); err != nil || !changed {
			return false, err
		}
		// Whoever else takes room commits before this, or after it: it is decided again.
		err = m.s.DB.Update(ctx, func(tx *store.Tx) error {
			fresh, err := m.read(tx)
			if err != nil {
				return err
			}
			o.rooms = fresh.rooms
			changed, err := advance(&fresh.row.Body, o)
			if err != nil || !changed {
				return err
			}
			fresh.row.Status = string(fresh.row.Body.Status)
			return components.Update(tx, fresh.row)
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return false, err
		}
		m.s.wakeOthers(m.w)
	}
}

// end lets a component that is deleted go, and leaves one that has failed to whoever
// changes it.
func (m *manager) end(ctx context.Context, st state) (over bool, err error) {
	if st.row.Body.Status != deleting {
		return true, nil
	}
	err = m.s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := components.Get(tx, m.w.scope(), m.w.Name)
		if err != nil {
			return err
		}
		return components.Remove(tx, r)
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	m.s.wakeOthers(m.w)
	return true, nil
}

// publish gives the data path the copies that answer.
func (m *manager) publish(st state) {
	r := st.row
	if r.Body.Status == deleting || r.Body.Serving == nil && len(r.Body.Copies) == 0 {
		m.s.Endpoints.RouteComponent(r.Scope, r.Parent, r.Name, nil)
		return
	}
	v := &proxy.Variant{Name: r.Body.Variant, Weight: 1, Routing: st.host.Variants[r.Body.Variant].Routing}
	for _, one := range r.Body.Copies {
		if d := m.drivers[one.Number]; d != nil && d.Condition().Phase == replica.Healthy {
			v.Instances = append(v.Instances, d.Instance())
		}
	}
	m.s.Endpoints.RouteComponent(r.Scope, r.Parent, r.Name, v)
}

// follow begins to drive the copies that there are to be, and to remove those that
// retire.
func (m *manager) follow(ctx context.Context, st state) {
	r, c := st.row, &st.row.Body
	wanted := map[int]bool{}
	for _, one := range c.Copies {
		wanted[one.Number] = true
		if v := c.version(one); m.drivers[one.Number] == nil && v != nil {
			m.drivers[one.Number] = m.s.Machine.Drive(ctx, m.s.specOf(r, st.host, v, one), m.tell)
		}
	}
	for _, one := range c.Retiring {
		if m.removals[one.Number] == nil {
			m.removals[one.Number] = m.s.Machine.Remove(ctx, m.s.programsOf(r, one), m.drivers[one.Number], m.tell)
			delete(m.drivers, one.Number)
		}
	}
	for n, d := range m.drivers {
		if !wanted[n] { // another server has removed it
			d.Close()
			delete(m.drivers, n)
		}
	}
}

// version is that of a copy.
func (c *Component) version(one Copy) *Version {
	for _, v := range []*Version{c.Next, c.Serving} {
		if v != nil && v.Number == one.Version {
			return v
		}
	}
	return nil
}

func (m *manager) tell() { tell(m.moved) }

// Copies that do not stay healthy are replaced at once the first time, then after
// pauses that double up to a minute.
const (
	firstPause = time.Second
	lastPause  = time.Minute
	calm       = 10 * time.Minute
)

// outlook is what advance decides by.
func (m *manager) outlook(r rooms) outlook {
	now := m.s.Now()
	o := outlook{now: now, copies: map[int]replica.Condition{}, rooms: r, wait: m.s.Wait}
	for n, d := range m.drivers {
		k := d.Condition()
		o.copies[n] = k
		if (k.Phase == replica.Ailing || k.Phase == replica.Hopeless) && !m.counted[n] {
			if m.counted[n] = true; now.Sub(m.last) > calm {
				m.setbacks = 0
			}
			m.setbacks++
			m.last = now
		}
	}
	o.removed = func(one Copy) bool {
		x := m.removals[one.Number]
		return x != nil && x.Done()
	}
	if m.setbacks > 1 {
		o.pause = min(lastPause, firstPause<<min(m.setbacks-2, 10)) - now.Sub(m.last)
	}
	return o
}

// close stops driving; the copies live on.
func (m *manager) close() {
	for _, d := range m.drivers {
		d.Close()
	}
	for _, x := range m.removals {
		x.Close()
	}
}
