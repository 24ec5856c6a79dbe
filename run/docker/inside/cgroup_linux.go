package inside

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
)

// Files that tell of the container's own cgroup, of both versions; engines show
// it read-only in this place.
var (
	oomFiles  = [...]string{"/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"}
	peakFiles = [...]string{"/sys/fs/cgroup/memory.peak", "/sys/fs/cgroup/memory/memory.max_usage_in_bytes"}
)

// oomKills is how many processes of the container the kernel has killed because
// of its memory limit.
func oomKills() int64 {
	for _, file := range oomFiles {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for in := bufio.NewScanner(bytes.NewReader(data)); in.Scan(); {
			if rest, ok := strings.CutPrefix(in.Text(), "oom_kill "); ok {
				n, _ := strconv.ParseInt(rest, 10, 64)
				return n
			}
		}
	}
	return 0
}

// peakMemory is the most that the container has held, 0 where that is unknown.
func peakMemory() int64 {
	for _, file := range peakFiles {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64); err == nil {
			return n
		}
	}
	return 0
}
