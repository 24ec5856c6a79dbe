//go:build linux

package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// kill ends every process in the groups.
func (g *cgroups) kill() {
	for _, d := range g.dirs() {
		killCgroup(d)
	}
}

// killCgroup ends every process in a group, at once where the kernel can.
func killCgroup(dir string) {
	if os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0) == nil {
		return
	}
	data, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	for _, f := range strings.Fields(string(data)) {
		// In v1 the supervisor's forking thread is listed for a moment.
		if pid, err := strconv.Atoi(f); err == nil && pid > 0 && pid != os.Getpid() {
			unix.Kill(pid, unix.SIGKILL)
		}
	}
}

// remove deletes the groups; the processes in them have ended.
func (g *cgroups) remove() {
	for end := time.Now().Add(time.Second); !removeCgroups(g.dirs()) && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

// removeCgroups says whether the groups are gone.
func removeCgroups(dirs []string) bool {
	gone := true
	for _, d := range dirs {
		if err := os.Remove(d); err != nil && !os.IsNotExist(err) {
			gone = false
		}
	}
	return gone
}

// oomKilled says whether the kernel killed a process for the memory limit.
func (g *cgroups) oomKilled() bool {
	switch {
	case g.controls["memory"]:
		return counter(filepath.Join(g.unified, "memory.events"), "oom_kill") > 0
	case g.v1["memory"] != "":
		return counter(filepath.Join(g.v1["memory"], "memory.oom_control"), "oom_kill") > 0
	}
	return false
}

// peak is the most memory that was in use, 0 when unknown.
func (g *cgroups) peak() int64 {
	file := filepath.Join(g.unified, "memory.peak")
	if d := g.v1["memory"]; d != "" {
		file = filepath.Join(d, "memory.max_usage_in_bytes")
	} else if !g.controls["memory"] {
		return 0
	}
	data, _ := os.ReadFile(file)
	n, _ := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return n
}

// counter reads "name value" from a file of such lines.
func counter(file, name string) int64 {
	data, _ := os.ReadFile(file)
	for line := range strings.Lines(string(data)) {
		var key string
		var n int64
		if k, _ := fmt.Sscan(line, &key, &n); k == 2 && key == name {
			return n
		}
	}
	return 0
}
