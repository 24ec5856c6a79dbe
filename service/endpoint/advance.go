package endpoint

import (
	"time"

	"github.com/sagebrush/sagebrush/replica"
)

// condition is what is known of a replica.
type condition = replica.Condition

const (
	coming   = replica.Coming
	healthy  = replica.Healthy
	ailing   = replica.Ailing
	hopeless = replica.Hopeless
)

// outlook is what advance decides by: what is known of the replicas, and the time.
type outlook struct {
	now time.Time
	// replicas are those that are being driven; one that is missing has not begun.
	replicas map[Replica]condition
	// removed says of those that retire that nothing of them is left.
	removed func(Replica) bool
	// patience is how long the replicas of a variant that keep ailing wait before
	// the next takes their place; zero to go on at once.
	patience func(generation int, variant string) time.Duration
	// alarm is one that is in ALARM and watches the deployment, "" for none.
	alarm string
	// demand is what the requests of a serverless variant of some generation ask
	// for, and serverlessIdle how long a replica of one is kept without any.
	demand         func(generation int, variant string) demand
	serverlessIdle time.Duration
	// load is what each instance of a variant had to do in the last periods, the
	// latest last; for variants with managed scaling.
	load func(generation int, variant string) []float64
	// occupied are the instances that inference components need, by variant.
	occupied map[string]int
}

// advance does what follows from the outlook, and says whether anything did. It
// is the whole life of an endpoint, and it is pure: whoever calls it commits the
// endpoint, and makes the machine follow (manager).
func advance(e *Endpoint, o outlook) (changed bool, err error) {
	changed = e.forgetRemoved(o)
	var did bool
	switch e.Status {
	case deleting:
		did = e.retire(e.fleets()...)
	case creating:
		did, err = e.advanceCreation(o)
	case updating:
		did, err = e.advanceUpdate(o)
	case rollingBack:
		did, err = e.advanceRollback(o)
	case inService, outOfService, systemUpdating, updateRollbackFailed:
		did, err = e.keep(o)
	}
	return changed || did, err
}

// over says that nothing is left to be done for an endpoint, now or later.
func (e *Endpoint) over() bool {
	return (e.Status == deleting || e.Status == failed) && len(e.Retiring) == 0
}

func (e *Endpoint) forgetRemoved(o outlook) bool {
	var left []Retired
	for _, r := range e.Retiring {
		if !o.removed(r.Replica) {
			left = append(left, r)
		}
	}
	changed := len(left) != len(e.Retiring)
	e.Retiring = left
	return changed
}

// retire has all replicas of fleets removed.
func (e *Endpoint) retire(fleets ...*Fleet) bool {
	before := len(e.Retiring)
	for _, f := range fleets {
		for i := range f.Variants {
			e.Retiring = append(e.Retiring, f.resize(&f.Variants[i], 0)...)
		}
	}
	return len(e.Retiring) > before
}

// advanceCreation puts a new endpoint into service once all its replicas are
// healthy, or fails it with the first that does not become or stay so
// (CreateEndpoint-1, Host-3).
func (e *Endpoint) advanceCreation(o outlook) (bool, error) {
	if reason, is := e.Fleet.broken(o, ailing, hopeless); is {
		e.retire(e.Fleet)
		e.FailureReason = reason
		return true, fire(fail, e, o.now)
	}
	if !e.Fleet.ready(o) {
		return false, nil
	}
	e.Fleet.settle(o)
	e.noteConfig()
	return true, fire(serve, e, o.now)
}

// advanceUpdate takes a change forward: one that brings a fleet, or one that changes
// the weights and counts of the fleet that serves.
func (e *Endpoint) advanceUpdate(o outlook) (bool, error) {
	if e.Deployment.Fleet == nil {
		return e.advanceRescaling(o)
	}
	return e.advanceDeployment(o)
}

// noteConfig keeps the DeploymentConfig of a deployment that has succeeded, for
// RetainDeploymentConfig (UpdateEndpoint-1).
func (e *Endpoint) noteConfig() {
	if c := e.Deployment.Config; c != nil {
		e.LastDeployment = c
	}
}

// advanceRescaling ends a change of weights and counts once the instances that it
// asks for are there (Weights-1), or goes back to the old values
// (DescribeEndpoint-2).
func (e *Endpoint) advanceRescaling(o outlook) (bool, error) {
	if reason, is := e.unavailable(o); is {
		e.FailureReason = reason
		for i := range e.Fleet.Variants {
			v := &e.Fleet.Variants[i]
			old, ok := e.Deployment.Before[v.Name]
			if !ok {
				continue
			}
			v.DesiredWeight, v.DesiredCount = old.Weight, old.Count
			if v.Serverless != nil {
				v.Serverless.Desired = *old.Serverless
				continue
			}
			e.Retiring = append(e.Retiring, e.Fleet.resize(v, old.Count)...)
		}
		return true, fire(rollBack, e, o.now)
	}
	if !e.Fleet.ready(o) {
		return e.heal(o), nil
	}
	e.shrink()
	e.Fleet.settle(o)
	return true, fire(updated, e, o.now)
}

// unavailable says whether a replica that a change of counts brought cannot be
// started, and why. Others that fail are healed as they always are.
func (e *Endpoint) unavailable(o outlook) (reason string, is bool) {
	for i := range e.Fleet.Variants {
		v := &e.Fleet.Variants[i]
		old, changes := e.Deployment.Before[v.Name]
		for _, r := range e.Fleet.replicas(v) {
			if c := o.replicas[r]; changes && r.Number >= old.Next && c.Phase == hopeless {
				return unstartable(r, c), true
			}
		}
	}
	return "", false
}

// advanceRollback ends once the old instances are healthy, or one of them had to be
// replaced: that is no part of the rollback, and may take for ever.
func (e *Endpoint) advanceRollback(o outlook) (bool, error) {
	if healed := e.heal(o); !healed && !e.Fleet.ready(o) {
		return false, nil
	}
	e.Fleet.settle(o)
	return true, fire(restored, e, o.now)
}

// shrink takes the replicas away that a variant has above its count.
func (e *Endpoint) shrink() {
	for i := range e.Fleet.Variants {
		if v := &e.Fleet.Variants[i]; v.Serverless == nil {
			e.Retiring = append(e.Retiring, e.Fleet.resize(v, v.DesiredCount)...)
		}
	}
}

// keep is what an endpoint needs that nobody changes: replicas that ail are
// replaced (Host-3), and its status says whether it can take requests.
func (e *Endpoint) keep(o outlook) (bool, error) {
	healed := e.heal(o)
	if e.Status == inService {
		healed = e.manage(e.Fleet, o) || healed
		healed = e.host(e.Fleet, o) || healed
	}
	serving, complete, lost := e.Fleet.serving(o), e.Fleet.ready(o), e.Fleet.lost(o)
	move := func(t transition) (bool, error) { return true, fire(t, e, o.now) }
	switch {
	case (e.Status == inService || e.Status == outOfService) && lost:
		return move(repair)
	case e.Status == systemUpdating && (complete || healed && !lost && serving):
		return move(repaired)
	case e.Status == systemUpdating && healed && !lost: // what was lost could not be started, and may never be
		return move(lose)
	case e.Status == inService && !serving && e.Fleet.wanted() > 0 && !e.Fleet.unseen(o):
		return move(lose)
	case e.Status == outOfService && serving:
		return move(regain)
	}
	return healed, nil
}

// heal gives every replica that ails, or is hopeless, a successor; of serverless
// variants only where requests need it.
func (e *Endpoint) heal(o outlook) bool {
	changed := e.healFleet(e.Fleet, o)
	if e.Mixed != nil {
		changed = e.healFleet(e.Mixed.Fleet, o) || changed
	}
	return changed
}

func (e *Endpoint) healFleet(f *Fleet, o outlook) bool {
	changed := e.scale(f, o)
	for i := range f.Variants {
		v := &f.Variants[i]
		if v.Serverless != nil {
			continue
		}
		for k, r := range f.replicas(v) {
			p := o.replicas[r].Phase
			if p != ailing && p != hopeless || o.patience(f.Generation, v.Name) > 0 {
				continue
			}
			e.Retiring = append(e.Retiring, v.retired(r))
			v.Replicas[k] = v.Next
			v.Next++
			changed = true
		}
	}
	return changed
}

func fire(t transition, e *Endpoint, at time.Time) error { return t.Fire(&e.Status, e, at) }
