//go:build linux

package process

import (
	"hash/fnv"

	"golang.org/x/sys/unix"
)

// pin keeps this thread, and what it forks, on n processors (rounded up). The
// token decides which, so that programs spread.
func pin(n float64, token string) {
	var all, some unix.CPUSet
	if unix.SchedGetaffinity(0, &all) != nil {
		return
	}
	var cpus []int
	for i := range len(all) * 64 {
		if all.IsSet(i) {
			cpus = append(cpus, i)
		}
	}
	want := int(n)
	if float64(want) < n {
		want++
	}
	if want >= len(cpus) {
		return
	}
	h := fnv.New32a()
	h.Write([]byte(token))
	for i := range want {
		some.Set(cpus[(int(h.Sum32()%uint32(len(cpus)))+i)%len(cpus)])
	}
	unix.SchedSetaffinity(0, &some)
}
