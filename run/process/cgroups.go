//go:build linux

package process

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/run"
)

// cgroups are the control groups of one program, as far as this process may
// make them. The zero value is none.
type cgroups struct {
	// unified is the group in the v2 hierarchy: it kills, and limits what
	// controls has.
	unified  string
	controls map[string]bool
	// v1 are the groups by controller in the v1 hierarchies.
	v1 map[string]string
	// home is where this process was in those, by controller.
	home map[string]string
}

// makeCgroups makes the groups that the limits need, and one to kill by.
// Whatever is missing afterwards the supervisor makes up for.
func makeCgroups(name string, l run.Limits) *cgroups {
	g := &cgroups{controls: map[string]bool{}, v1: map[string]string{}, home: map[string]string{}}
	need := map[string]bool{"memory": l.MemoryBytes > 0, "cpu": l.CPUs > 0, "pids": l.Processes > 0}
	for c := range need {
		if !need[c] {
			delete(need, c)
		}
	}
	h := readHierarchies()
	g.makeUnified(h, name, need)
	for c := range need {
		dir := h.v1[c]
		if dir == "" || g.controls[c] {
			continue
		}
		group := filepath.Join(dir, name)
		if err := os.Mkdir(group, 0o755); err != nil && !os.IsExist(err) {
			continue
		}
		g.v1[c], g.home[c] = group, dir
	}
	g.limit(l)
	return g
}

// makeUnified makes the v2 group where most of the needed controllers are.
func (g *cgroups) makeUnified(h hierarchies, name string, need map[string]bool) {
	best, at := -1, ""
	for _, parent := range h.unified {
		if unix.Access(parent, unix.W_OK) != nil {
			continue
		}
		if n := len(enable(parent, need)); n > best {
			best, at = n, parent
		}
		if best == len(need) {
			break
		}
	}
	group := filepath.Join(at, name)
	if at == "" {
		return
	}
	if err := os.Mkdir(group, 0o755); err != nil && !os.IsExist(err) {
		return
	}
	g.unified, g.controls = group, enable(at, need)
}

// enable switches the needed controllers on for the children of a v2 group and
// answers those that are.
func enable(parent string, need map[string]bool) map[string]bool {
	file := filepath.Join(parent, "cgroup.subtree_control")
	on := map[string]bool{}
	for pass := range 2 {
		data, _ := os.ReadFile(file)
		for _, c := range strings.Fields(string(data)) {
			if need[c] {
				on[c] = true
			}
		}
		if pass == 1 || len(on) == len(need) {
			break
		}
		for c := range need {
			if !on[c] {
				os.WriteFile(file, []byte("+"+c), 0)
			}
		}
	}
	return on
}

// limit writes the limits; a controller that refuses its limit counts as
// missing.
func (g *cgroups) limit(l run.Limits) {
	set := func(c, v1, value1, v2, value2 string) {
		if g.controls[c] {
			if os.WriteFile(filepath.Join(g.unified, v2), []byte(value2), 0) != nil {
				delete(g.controls, c)
			}
		} else if dir := g.v1[c]; dir != "" {
			if os.WriteFile(filepath.Join(dir, v1), []byte(value1), 0) != nil {
				os.Remove(dir)
				delete(g.v1, c)
			}
		}
	}
	if l.MemoryBytes > 0 {
		bytes := strconv.FormatInt(l.MemoryBytes, 10)
		set("memory", "memory.limit_in_bytes", bytes, "memory.max", bytes)
		if g.controls["memory"] {
			os.WriteFile(filepath.Join(g.unified, "memory.swap.max"), []byte("0"), 0)
			os.WriteFile(filepath.Join(g.unified, "memory.oom.group"), []byte("1"), 0)
		} else if dir := g.v1["memory"]; dir != "" {
			os.WriteFile(filepath.Join(dir, "memory.memsw.limit_in_bytes"), []byte(bytes), 0)
		}
	}
	if l.CPUs > 0 {
		quota := strconv.Itoa(max(1000, int(l.CPUs*100_000))) // µs of the default period, 100 ms
		set("cpu", "cpu.cfs_quota_us", quota, "cpu.max", quota+" 100000")
	}
	if l.Processes > 0 {
		n := strconv.Itoa(l.Processes)
		set("pids", "pids.max", n, "pids.max", n)
	}
}

func (g *cgroups) limitsMemory() bool { return g.controls["memory"] || g.v1["memory"] != "" }
func (g *cgroups) limitsCPU() bool    { return g.controls["cpu"] || g.v1["cpu"] != "" }

// join puts a thread into the v1 groups, so that what it forks is born there;
// the answer takes it out again.
func (g *cgroups) join(tid int) (leave func()) {
	id := []byte(strconv.Itoa(tid))
	for c, dir := range g.v1 {
		if os.WriteFile(filepath.Join(dir, "tasks"), id, 0) != nil {
			os.Remove(dir)
			delete(g.v1, c)
		}
	}
	return func() {
		for c := range g.v1 {
			os.WriteFile(filepath.Join(g.home[c], "tasks"), id, 0)
		}
	}
}

// open answers the v2 group for forking into it.
func (g *cgroups) open() (fd int, ok bool) {
	if g.unified == "" {
		return 0, false
	}
	fd, err := unix.Open(g.unified, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	return fd, err == nil
}

// add puts a process into the v2 group after the fact.
func (g *cgroups) add(pid int) {
	if os.WriteFile(filepath.Join(g.unified, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0) != nil {
		os.Remove(g.unified)
		g.unified, g.controls = "", map[string]bool{}
	}
}

// dirs are the groups' directories.
func (g *cgroups) dirs() []string {
	var all []string
	if g.unified != "" {
		all = append(all, g.unified)
	}
	for _, d := range g.v1 {
		all = append(all, d)
	}
	return all
}
