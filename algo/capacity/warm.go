package capacity

import "slices"

// DecideWarm is Decide on a machine where ended jobs still hold what they had,
// for jobs to come (WarmPool-1). Such a pool has no claim on the machine: the
// jobs that start are those that would without any. evict are the pools that have
// to go for it, by their index in warm: none that could stay, and older ones
// rather than younger. warm is in the order of age, the oldest first.
func DecideWarm(m Machine, running, warm []Demand, waiting []Waiting) (start []string, evict []int) {
	start = Decide(m, running, waiting)
	held := slices.Clone(running)
	for i, pool := range slices.Backward(warm) {
		if with := append(held, pool); slices.Equal(Decide(m, with, waiting), start) {
			held = with
		} else {
			evict = append(evict, i)
		}
	}
	slices.Reverse(evict)
	return start, evict
}
