package endpoint

import (
	"reflect"

	"github.com/sagebrush/sagebrush/algo/traffic"
)

// begin plans how fresh takes the place of what serves, and gives it the replicas
// that it begins with.
func (e *Endpoint) begin(fresh *Fleet, d *Deployment) (err error) {
	if d.Plan, err = traffic.Make(d.Config, e.Fleet.counts(), fresh.desired()); err != nil {
		return err
	}
	d.Fleet, d.State = fresh, d.Plan.Begin(d.StartedAt)
	e.Deployment = d
	e.follow()
	return nil
}

// counts is how many replicas each variant has. Those of a serverless one come and
// go, so that no plan counts on them.
func (f *Fleet) counts() []int {
	list := make([]int, len(f.Variants))
	for i, v := range f.Variants {
		if v.Serverless == nil {
			list[i] = len(v.Replicas)
		}
	}
	return list
}

// desired is how many replicas each variant is to begin with.
func (f *Fleet) desired() []int {
	list := make([]int, len(f.Variants))
	for i, v := range f.Variants {
		list[i] = v.DesiredCount
	}
	return list
}

// advanceDeployment takes a new fleet on, or back, by its plan.
func (e *Endpoint) advanceDeployment(o outlook) (bool, error) {
	d := e.Deployment
	if d.Plan == nil { // of a server that had no plans
		return true, e.begin(d.Fleet, d)
	}
	next := d.Plan.Next(d.State, e.seen(o))
	changed := !reflect.DeepEqual(next, d.State)
	d.State = next
	switch next.Phase {
	case traffic.Done:
		return true, e.adopt(o)
	case traffic.RolledBack:
		return true, e.giveUp(o)
	case traffic.RollbackFailed:
		return true, e.mix(o)
	}
	changed = e.follow() || changed
	if next.Phase == traffic.Terminating || next.Phase == traffic.Removing { // all depends on it now
		changed = e.healFleet(d.Fleet, o) || changed
	} else if next.Share > 0 {
		changed = e.scale(d.Fleet, o) || changed
	}
	return e.heal(o) || changed, nil
}

// follow gives both fleets the replicas that the state of the deployment wants.
func (e *Endpoint) follow() (changed bool) {
	d := e.Deployment
	size := func(f *Fleet, counts []int, whole bool) {
		for i := range f.Variants {
			v := &f.Variants[i]
			if v.Serverless != nil && !whole || len(v.Replicas) == counts[i] {
				continue
			}
			e.Retiring = append(e.Retiring, f.resize(v, counts[i])...)
			changed = true
		}
	}
	phase := d.State.Phase
	size(e.Fleet, d.State.Old, phase == traffic.Removing)
	size(d.Fleet, d.State.New, d.State.Share == 0)
	return changed
}

// seen is what the plan is told of the world. The traffic is where the state wants
// it: the manager gives the data path the row before it asks what follows.
func (e *Endpoint) seen(o outlook) traffic.Seen {
	d := e.Deployment
	count := func(f *Fleet, wanted []int) (up, left []int) {
		up, left = make([]int, len(f.Variants)), make([]int, len(f.Variants))
		for i := range f.Variants {
			v := &f.Variants[i]
			left[i] = len(v.Replicas)
			for _, r := range f.replicas(v) {
				if o.replicas[r].Phase == healthy {
					up[i]++
				}
			}
			if v.Serverless != nil && d.State.Share > 0 { // it has shown that it starts
				up[i] = max(up[i], wanted[i])
			}
		}
		return up, left
	}
	s := traffic.Seen{Now: o.now, Share: d.State.Share, Alarm: o.alarm}
	s.OldHealthy, s.OldLeft = count(e.Fleet, d.State.Old)
	s.NewHealthy, s.NewLeft = count(d.Fleet, d.State.New)
	s.Failed, _ = d.Fleet.broken(o, ailing, hopeless)
	s.Lost, _ = e.Fleet.broken(o, hopeless)
	return s
}

// adopt ends a deployment whose new fleet has all traffic: it is what serves.
func (e *Endpoint) adopt(o outlook) error {
	d := e.Deployment
	e.retire(e.Fleet)
	e.dropMixed()
	d.Fleet.settle(o)
	e.Fleet = d.Fleet
	e.noteConfig()
	return fire(updated, e, o.now)
}

// giveUp ends a deployment that came to nothing: what served serves.
func (e *Endpoint) giveUp(o outlook) error {
	d := e.Deployment
	e.retire(d.Fleet)
	e.FailureReason = d.State.Reason
	if e.Mixed != nil {
		return fire(failRollback, e, o.now)
	}
	return fire(abandon, e, o.now)
}

// mix ends a rolling deployment that leads neither forth nor back: both fleets go on
// serving as they are (DescribeEndpoint-2).
func (e *Endpoint) mix(o outlook) error {
	d := e.Deployment
	e.dropMixed()
	d.Fleet.settle(o)
	e.Mixed, e.FailureReason = &Mixed{d.Fleet, d.State.Share}, d.State.Reason
	return fire(failRollback, e, o.now)
}

// dropMixed ends what a failed rollback left.
func (e *Endpoint) dropMixed() {
	if e.Mixed != nil {
		e.retire(e.Mixed.Fleet)
		e.Mixed = nil
	}
}

// part is a fleet with its share of the requests.
type part struct {
	fleet *Fleet
	share float64
}

// parts are the fleets that take requests, the one whose configuration is the
// endpoint's first.
func (e *Endpoint) parts() []part {
	if e.Fleet == nil {
		return nil
	}
	left := 1.0
	var list []part
	add := func(f *Fleet, share float64) {
		if share > 0 {
			list = append(list, part{f, share})
		}
	}
	if d := e.Deployment; d != nil && d.Fleet != nil {
		left -= d.State.Share
	}
	if e.Mixed != nil {
		add(e.Fleet, left*(1-e.Mixed.Share))
		add(e.Mixed.Fleet, left*e.Mixed.Share)
	} else {
		add(e.Fleet, left)
	}
	if d := e.Deployment; d != nil && d.Fleet != nil {
		add(d.Fleet, d.State.Share)
	}
	return list
}
