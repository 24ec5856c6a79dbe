package capacity

import "time"

// Waiting is a job that has not started.
type Waiting struct {
	ID     string
	Demand Demand
	// Waited is for how long.
	Waited time.Duration
}

// Decide answers the jobs to start now, in this order. running is what the jobs
// hold that run already, in any order; waiting is in the order of arrival.
//
// What it promises, as long as running jobs end:
//
//   - running jobs and those it starts never take more than there is (a running
//     job whose demand is beyond the machine counts as the whole machine);
//   - if nothing runs and something waits, something starts;
//   - of two jobs with the same demand the earlier starts first;
//   - every job starts: after Patience and the end of what ran then, if it is the
//     first in line, and so one after the other.
//
// Ask again when a job arrives and when one ends; time alone makes no job start.
func Decide(m Machine, running []Demand, waiting []Waiting) (start []string) {
	patience := m.Patience
	if patience == 0 {
		patience = DefaultPatience
	}
	total := m.total()
	free := total
	for _, d := range running {
		free = free.minus(d.of(total))
	}
	// kept is what later jobs must leave free of the resources that they use, for
	// jobs that have lost their patience.
	var kept amounts
	for _, w := range waiting {
		need := w.Demand.of(total)
		switch {
		case need.fit(free, kept):
			start = append(start, w.ID)
			free = free.minus(need)
		case w.Waited >= patience:
			for r := range kept {
				kept[r] = max(kept[r], need[r])
			}
		}
	}
	return start
}

// fit says whether so much can be taken of free and what is kept is still there.
// A resource that is not taken does not matter: who needs no GPU delays nobody
// who waits for one.
func (a amounts) fit(free, kept amounts) bool {
	for r := range a {
		if a[r] > 0 && free[r]-a[r] < kept[r] {
			return false
		}
	}
	return true
}
