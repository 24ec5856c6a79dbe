package harness

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// ticks a second, as /proc counts processor time.
const ticks = 100

// Others watches what processes outside of the benchmark use of the processors
// from now on. The function that it answers gives their share so far, 0 to 1:
// figures of a machine that is busy otherwise mean little, so the reports quote
// it. What servers and their children used after they ended is not told apart.
func Others(servers ...*Server) func() float64 {
	begun, all, own := time.Now(), busy(), ours(servers)
	return func() float64 {
		spent := float64(busy()-all-(ours(servers)-own)) / ticks
		return max(0, spent/(time.Since(begun).Seconds()*float64(runtime.NumCPU())))
	}
}

// busy is the processor time that was used on the whole machine, in ticks.
func busy() int64 {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(data), "\n")
	var sum int64
	for i, f := range strings.Fields(line) {
		if i == 0 || i == 4 || i == 5 || i > 8 { // the name, idle, iowait, guests
			continue
		}
		n, _ := strconv.ParseInt(f, 10, 64)
		sum += n
	}
	return sum
}

// ours is the processor time of this process and of the servers.
func ours(servers []*Server) (sum int64) {
	sum = used(os.Getpid())
	for _, s := range servers {
		sum += used(s.PID)
	}
	return sum
}

// Processor is the processor time that the server has used so far, with that of
// its children that ended.
func (s *Server) Processor() time.Duration {
	return time.Duration(used(s.PID)) * time.Second / ticks
}

// used is a process's own time and that of its children that it has waited for.
func used(pid int) (sum int64) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name, in parentheses, may hold anything.
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	for _, f := range fields[11:15] {
		var n int64
		_, _ = fmt.Sscan(string(f), &n)
		sum += n
	}
	return sum
}
