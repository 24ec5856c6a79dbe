//go:build linux

package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// What the server asks for over the socket, and the answer: nanoseconds, bytes.
const (
	usageRequest = "usage"
	usageAnswer  = "used %d %d\n"
)

// usage is what the program and its descendants have used by now: of the
// kernel's accounts where there are groups, else summed over the processes.
func (s *supervisor) usage() (cpu time.Duration, memory int64) {
	cpu, okCPU := s.groups.cpuTime()
	memory, okMemory := s.groups.memory()
	if okCPU && okMemory {
		return cpu, memory
	}
	pids := descendants(os.Getpid())
	if !okCPU {
		cpu = cpuTimeOf(os.Getpid(), pids)
	}
	if !okMemory {
		memory = memoryOf(pids)
	}
	return cpu, memory
}

// cpuTime is what the groups' processes used, also those that have ended. In v2
// every group counts it, also without a controller.
func (g *cgroups) cpuTime() (time.Duration, bool) {
	if g.unified == "" {
		return 0, false
	}
	file := filepath.Join(g.unified, "cpu.stat")
	if _, err := os.Stat(file); err != nil {
		return 0, false
	}
	return time.Duration(counter(file, "usage_usec")) * time.Microsecond, true
}

// memory is what the groups' processes hold, without the pages of files that
// the kernel would give up first.
func (g *cgroups) memory() (int64, bool) {
	file, stat, cache := filepath.Join(g.unified, "memory.current"), filepath.Join(g.unified, "memory.stat"), "inactive_file"
	if d := g.v1["memory"]; d != "" {
		file, stat, cache = filepath.Join(d, "memory.usage_in_bytes"), filepath.Join(d, "memory.stat"), "total_inactive_file"
	} else if !g.controls["memory"] {
		return 0, false
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return max(0, n-counter(stat, cache)), err == nil
}

// clockTick is the unit of times in /proc/PID/stat, the same on all of Linux's
// processors that Go knows.
const clockTick = 10 * time.Millisecond

// cpuTimeOf sums what processes used, and what children of theirs did that have
// ended, with those of their common ancestor.
func cpuTimeOf(ancestor int, pids []int) time.Duration {
	var ticks int64
	for _, pid := range append([]int{ancestor}, pids...) {
		data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		f := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
		if len(f) < 15 {
			continue
		}
		fields := f[11:15] // its own user and system time, then those of its ended children
		if pid == ancestor {
			fields = f[13:15]
		}
		for _, n := range fields {
			t, _ := strconv.ParseInt(n, 10, 64)
			ticks += t
		}
	}
	return time.Duration(ticks) * clockTick
}
