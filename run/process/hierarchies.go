//go:build linux

package process

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// hierarchies are the control group directories that this process might make
// children in.
type hierarchies struct {
	// unified are candidates of v2, best first.
	unified []string
	// v1 is this process's own group by controller.
	v1 map[string]string
}

func readHierarchies() hierarchies {
	own, _ := os.ReadFile("/proc/self/cgroup")
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	return findHierarchies(string(own), string(mounts), os.Geteuid() == 0)
}

// findHierarchies joins /proc/self/cgroup ("4:memory:/a", v2 "0::/a") with the
// cgroup mounts of mountinfo ("… root mountpoint … - cgroup name options").
func findHierarchies(own, mounts string, root bool) hierarchies {
	h := hierarchies{v1: map[string]string{}}
	paths := map[string]string{} // by controller, "" for v2
	for line := range strings.Lines(own) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) != 3 {
			continue
		}
		for c := range strings.SplitSeq(f[1], ",") {
			paths[c] = f[2]
		}
	}
	for line := range strings.Lines(mounts) {
		left, right, _ := strings.Cut(strings.TrimSpace(line), " - ")
		f, kind := strings.Fields(left), strings.Fields(right)
		if len(f) < 5 || len(kind) < 3 {
			continue
		}
		mountRoot, at := unescape(f[3]), unescape(f[4])
		switch kind[0] {
		case "cgroup2":
			if path, ok := paths[""]; ok && h.unified == nil {
				mine := within(at, mountRoot, path)
				// A group with processes in it cannot limit its children, so its
				// parent comes first; for root the top, which is exempt.
				h.unified = []string{filepath.Dir(mine), mine}
				if mine == at {
					h.unified = []string{at}
				}
				if root && !slices.Contains(h.unified, at) {
					h.unified = append([]string{at}, h.unified...)
				}
			}
		case "cgroup":
			for c := range strings.SplitSeq(kind[2], ",") {
				if path, ok := paths[c]; ok && h.v1[c] == "" {
					h.v1[c] = within(at, mountRoot, path)
				}
			}
		}
	}
	return h
}

// within is the directory of a group's path in a mount that shows the hierarchy
// from mountRoot on; in containers that may be less than all of it.
func within(at, mountRoot, path string) string {
	rest, ok := beneath(path, strings.TrimSuffix(mountRoot, "/"))
	if !ok {
		rest = ""
	}
	return filepath.Join(at, filepath.Clean("/"+rest))
}

// unescape undoes mountinfo's octal escapes.
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}
