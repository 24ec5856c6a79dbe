package traffic

import (
	"slices"
	"time"
)

// Phase is what an update is waiting for.
type Phase string

// The phases, forwards and backwards.
const (
	// Provisioning: the new replicas of the step, until they are healthy.
	Provisioning Phase = "Provisioning"
	// Shifting: the traffic of the step, until it goes where it is to go.
	Shifting Phase = "Shifting"
	// Baking: the time after a step.
	Baking Phase = "Baking"
	// Terminating: the time before the old fleet ends.
	Terminating Phase = "Terminating"
	// Removing: the end of the old fleet. There is no way back from here.
	Removing Phase = "Removing"
	// Done is the end: there is only the new fleet.
	Done Phase = "Done"

	// Restoring: old replicas, until they are healthy again.
	Restoring Phase = "Restoring"
	// Returning: the traffic, until it goes back to the old fleet.
	Returning Phase = "Returning"
	// Clearing: the end of the new fleet.
	Clearing Phase = "Clearing"
	// RolledBack is the end of an update that failed: there is only the old fleet.
	RolledBack Phase = "RolledBack"
	// RollbackFailed is the end of a rolling update that failed and whose old fleet
	// does not come back. Both are left as they are (UpdateRollbackFailed).
	RollbackFailed Phase = "RollbackFailed"
)

// State is what the world is to be like now: so many replicas, so much traffic. It
// is kept by whoever carries it out.
type State struct {
	Phase Phase
	// Step is the one of the plan that is under way.
	Step int
	// What is to be.
	Old, New []int
	Share    float64
	// Begun is the time of the start, Since of the phase.
	Begun, Since time.Time
	// Reason says why the way leads back, "" forwards.
	Reason string `json:",omitempty"`
}

// Ended says that nothing changes any more.
func (s State) Ended() bool {
	return s.Phase == Done || s.Phase == RolledBack || s.Phase == RollbackFailed
}

// Seen is what the world is like.
type Seen struct {
	Now time.Time
	// OldHealthy and NewHealthy are how many replicas of each variant answer;
	// OldLeft and NewLeft how many there are, however they are.
	OldHealthy, NewHealthy []int
	OldLeft, NewLeft       []int
	// Share is how much of the traffic goes to the new fleet.
	Share float64
	// Failed says why the new fleet cannot come up or has broken, "" while it may.
	Failed string
	// Alarm is an alarm that is in ALARM, "" for none.
	Alarm string
	// Lost says why old replicas cannot be started again, "" while they may.
	Lost string
}

// Begin is the state that an update begins with.
func (p *Plan) Begin(now time.Time) State {
	return State{Phase: Provisioning, Old: p.Old, New: p.Steps[0].New, Begun: now, Since: now}
}

// Next is the state after s, s itself while there is nothing to do but wait. Ask
// again when it has changed, and when what is seen has.
func (p *Plan) Next(s State, seen Seen) State {
	if reason := p.wrong(s, seen); reason != "" {
		s.Reason = reason
		return p.restore(s, seen.Now)
	}
	switch s.Phase {
	case Provisioning:
		if covers(seen.NewHealthy, s.New) {
			s.Share = p.Steps[s.Step].Share
			return s.enter(Shifting, seen.Now)
		}
	case Shifting:
		if seen.Share == s.Share {
			s.Old = p.Steps[s.Step].Old
			return s.enter(Baking, seen.Now)
		}
	case Baking:
		return p.bake(s, seen)
	case Terminating:
		if seen.Now.Sub(s.Since) >= p.TerminationWait {
			s.Old = none(p.Old)
			return s.enter(Removing, seen.Now)
		}
	case Removing:
		if sum(seen.OldLeft) == 0 {
			return s.enter(Done, seen.Now)
		}
	case Restoring, Returning, Clearing:
		return p.back(s, seen)
	}
	return s
}

func (s State) enter(phase Phase, now time.Time) State {
	s.Phase, s.Since = phase, now
	return s
}

// wrong says why the way leads back from here, "" when it does not (Deploy-2, Deploy-3).
func (p *Plan) wrong(s State, seen Seen) string {
	switch s.Phase {
	case Provisioning, Shifting, Baking:
		if seen.Failed != "" {
			return seen.Failed
		}
		if p.Timeout > 0 && seen.Now.Sub(s.Begun) > p.Timeout {
			return "The deployment took longer than MaximumExecutionTimeoutInSeconds allows."
		}
	case Terminating: // the new fleet has all traffic, and is looked after like any other
	default:
		return ""
	}
	if p.Alarms && seen.Alarm != "" {
		return "The alarm " + seen.Alarm + " went off during the deployment."
	}
	return ""
}

// bake goes on to the next step when the time after one is over.
func (p *Plan) bake(s State, seen Seen) State {
	last := s.Step == len(p.Steps)-1
	if wait := p.Wait; (!last || p.Alarms) && seen.Now.Sub(s.Since) < wait {
		return s
	}
	switch {
	case !last:
		s.Step++
		s.New = p.Steps[s.Step].New
		return s.enter(Provisioning, seen.Now)
	case p.Rolling:
		return s.enter(Removing, seen.Now)
	}
	return s.enter(Terminating, seen.Now)
}

// restore starts the next batch of old replicas; of blue/green none has ended.
func (p *Plan) restore(s State, now time.Time) State {
	if p.Rolling {
		s.Old = slices.Clone(s.Old)
		for i := range s.Old {
			s.Old[i] = min(p.Old[i], s.Old[i]+p.Back[i])
		}
	}
	return s.enter(Restoring, now)
}

// back takes the way back on.
func (p *Plan) back(s State, seen Seen) State {
	switch s.Phase {
	case Restoring:
		switch {
		case p.Rolling && seen.Lost != "":
			s.Reason += " The rollback failed too: " + seen.Lost
			return s.enter(RollbackFailed, seen.Now)
		case p.Rolling && !covers(seen.OldHealthy, s.Old),
			sum(seen.NewHealthy) > 0 && !covers(seen.OldHealthy, one(s.Old)):
			return s // traffic goes to replicas that answer, as long as there are any
		}
		share := 0.0
		if p.Rolling && sum(p.Old) > 0 {
			share = 1 - float64(sum(s.Old))/float64(sum(p.Old))
		}
		s.Share = min(s.Share, share) // by rounding it may be a little more
		return s.enter(Returning, seen.Now)
	case Returning:
		if seen.Share != s.Share {
			return s
		}
		return p.clear(s, seen.Now)
	}
	if s.Share > 0 {
		return p.restore(s, seen.Now)
	}
	if sum(seen.NewLeft) == 0 {
		return s.enter(RolledBack, seen.Now)
	}
	return s
}

// clear ends the new replicas that no traffic is left for.
func (p *Plan) clear(s State, now time.Time) State {
	all := p.Steps[len(p.Steps)-1].New
	s.New = slices.Clone(s.New)
	for i := range s.New {
		needed := int(s.Share*float64(all[i]) + 1 - 1e-9) // rounded up
		s.New[i] = min(s.New[i], needed)
	}
	if s.Share == 0 {
		s.New = none(s.New)
	}
	return s.enter(Clearing, now)
}

// covers says whether there are as many as wanted of each.
func covers(there, wanted []int) bool {
	for i, n := range wanted {
		if i >= len(there) || there[i] < n {
			return false
		}
	}
	return true
}

// one is one of each that has any.
func one(counts []int) []int {
	list := make([]int, len(counts))
	for i, n := range counts {
		list[i] = min(n, 1)
	}
	return list
}

func none(counts []int) []int { return make([]int, len(counts)) }
