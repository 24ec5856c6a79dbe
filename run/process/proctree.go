//go:build linux

package process

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// runVariable marks a program's processes.
const runVariable = "SAGEBRUSH_RUN"

// stat is what /proc/PID/stat says.
type stat struct {
	parent int
	zombie bool
	start  uint64
}

func readStat(pid int) (st stat, ok bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return st, false
	}
	// The command, in parentheses, may hold anything.
	i := bytes.LastIndexByte(data, ')')
	f := strings.Fields(string(data[i+1:]))
	if i < 0 || len(f) < 20 {
		return st, false
	}
	st.zombie = f[0] == "Z" || f[0] == "X"
	st.parent, _ = strconv.Atoi(f[1])
	st.start, _ = strconv.ParseUint(f[19], 10, 64)
	return st, true
}

// startTime of a process, 0 when it is gone.
func startTime(pid int) uint64 {
	st, _ := readStat(pid)
	return st.start
}

// everyone lists all processes.
func everyone() []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	var pids []int
	for _, n := range names {
		if pid, err := strconv.Atoi(n); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// descendants of a process that live, without itself.
func descendants(root int) []int {
	if found, ok := byChildren(root); ok {
		return found
	}
	children := map[int][]int{}
	zombie := map[int]bool{}
	for _, pid := range everyone() {
		if st, ok := readStat(pid); ok {
			children[st.parent] = append(children[st.parent], pid)
			zombie[pid] = st.zombie
		}
	}
	var found []int
	for todo := []int{root}; len(todo) > 0; todo = todo[1:] {
		for _, pid := range children[todo[0]] {
			todo = append(todo, pid)
			if !zombie[pid] {
				found = append(found, pid)
			}
		}
	}
	return found
}

// byChildren is descendants by the lists of children that most kernels keep;
// ok is false where they do not.
func byChildren(root int) (found []int, ok bool) {
	if _, err := os.Stat(fmt.Sprintf("/proc/%d/task/%d/children", root, root)); err != nil {
		return nil, false
	}
	for todo := []int{root}; len(todo) > 0; todo = todo[1:] {
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", todo[0]))
		for _, l := range lists {
			data, _ := os.ReadFile(l)
			for _, f := range strings.Fields(string(data)) {
				pid, _ := strconv.Atoi(f)
				todo = append(todo, pid)
				found = append(found, pid)
			}
		}
	}
	return found, true
}

// memoryOf sums what processes hold for themselves, in bytes: resident pages
// without those that files and other processes share.
func memoryOf(pids []int) int64 {
	var pages int64
	for _, pid := range pids {
		data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		var size, resident, shared int64
		if n, _ := fmt.Sscan(string(data), &size, &resident, &shared); n == 3 {
			pages += resident - shared
		}
	}
	return pages * int64(os.Getpagesize())
}

// remains finds the living processes of a program without its supervisor: those
// that carry its mark, its first process, and their descendants. A process
// without any environment (one that is being executed, or cleared it) counts
// when it is in the program's own namespaces.
func remains(token string, st state) []int {
	mark := []byte(runVariable + "=" + token)
	found := map[int]bool{}
	for _, pid := range everyone() {
		ps, ok := readStat(pid)
		if !ok || ps.zombie || pid == os.Getpid() {
			continue
		}
		env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		ours := bytes.HasPrefix(env, mark) || bytes.Contains(env, append([]byte{0}, mark...)) ||
			pid == st.Program.PID && ps.start == st.Program.Start ||
			err == nil && len(env) == 0 && st.Namespaces != "" && ps.start >= st.Program.Start && namespaces(pid) == st.Namespaces && sees(pid, st.OptML)
		if ours {
			found[pid] = true
			for _, d := range descendants(pid) {
				found[d] = true
			}
		}
	}
	var pids []int
	for pid := range found {
		if ps, ok := readStat(pid); ok && !ps.zombie {
			pids = append(pids, pid)
		}
	}
	return pids
}

// namespaces names the mount and user name spaces of a process, "" when it is
// gone or not ours to ask.
func namespaces(pid int) string {
	mount, err1 := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", pid))
	user, err2 := os.Readlink(fmt.Sprintf("/proc/%d/ns/user", pid))
	if err1 != nil || err2 != nil {
		return ""
	}
	return mount + " " + user
}

// sees says whether a process finds the directory under /opt/ml.
func sees(pid int, dir string) bool {
	mounts, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(mounts)) {
		// What is mounted, from the root of its own file system, and where.
		f := strings.Fields(line)
		if len(f) < 5 || f[4] != optML {
			continue
		}
		what := strings.TrimSuffix(unescape(f[3]), "//deleted")
		if len(what) > 1 && strings.HasSuffix(dir, what) {
			return true
		}
	}
	return false
}
