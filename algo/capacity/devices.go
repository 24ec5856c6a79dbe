package capacity

// Devices says which of the machine's GPUs, numbered from 0, the hosts of a job
// get that starts: as many as each takes, the lowest ones that no running job or
// warm pool has. The hosts of a job that is larger than the machine, and so runs
// alone, share them. It answers nil on a machine without GPUs, and an empty list
// for a host that takes none.
func (m Machine) Devices(taken []int, perHost []int) [][]int {
	if m.GPUs == 0 {
		return nil
	}
	used := make([]bool, m.GPUs)
	for _, d := range taken {
		used[d] = true
	}
	var free []int
	for d, u := range used {
		if !u {
			free = append(free, d)
		}
	}
	given, next := make([][]int, len(perHost)), 0
	for i, n := range perHost {
		given[i] = []int{}
		for range min(n, len(free)) {
			given[i] = append(given[i], free[next%len(free)])
			next++
		}
	}
	return given
}
