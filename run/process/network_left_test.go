//go:build linux

package process_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/sagebrush/sagebrush/run"
)

// hosts are the programs of one job, marked with the directory of the runner.
func hosts(t *testing.T, dir, job string, n int, text string) []run.Spec {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("algo-%d", i+1))
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var specs []run.Spec
	for _, name := range names {
		s := script(t, job+"/"+name, text)
		s.Hostname = name
		s.Network = run.Network{ID: job, Hosts: names, Reach: []string{"127.0.0.1:4600"}}
		s.Env["T"], s.Env["MARK"] = binary+" tool", dir
		specs = append(specs, s)
		t.Cleanup(func() { // also when the test failed
			r := newRunner(t, dir)
			if err := r.Remove(context.Background(), r.HandleOf(s.ID)); err != nil {
				t.Error(err)
			}
		})
	}
	return specs
}

// nothingLeft fails while anything is left of a runner that kept its state in
// dir: files, processes, mounts, links, or the network namespaces of its
// programs, which live as long as a process or a mount holds them.
func nothingLeft(t *testing.T, dir string, namespaces []string) {
	t.Helper()
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left in the directory: %v", left)
	}
	await(t, "the end of all processes and namespaces", func() bool {
		found, _ := filepath.Glob("/proc/[0-9]*")
		for _, p := range found {
			for _, file := range []string{"/cmdline", "/environ"} {
				data, _ := os.ReadFile(p + file)
				if pid, _ := strconv.Atoi(filepath.Base(p)); strings.Contains(string(data), dir) && pid != os.Getpid() && !dead(pid) {
					return false
				}
			}
			links, _ := filepath.Glob(p + "/fd/*")
			tasks, _ := filepath.Glob(p + "/task/*/ns/net")
			for _, l := range append(links, tasks...) {
				if to, err := os.Readlink(l); err == nil && slices.Contains(namespaces, to) {
					return false
				}
			}
		}
		return true
	})
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || strings.Contains(string(mounts), dir) || strings.Contains(string(mounts), " - nsfs ") && len(namespaces) > 0 && strings.Contains(string(mounts), namespaces[0]) {
		t.Errorf("mounts are left: %v %s", err, mounts)
	}
	links, err := netlink.LinkList()
	if err != nil {
		t.Error(err)
	}
	for _, l := range links {
		if name := l.Attrs().Name; name == "hosts" || len(name) > 1 && name[0] == 'p' && strings.Trim(name[1:], "0123456789") == "" {
			t.Errorf("the link %s is left", name)
		}
	}
}

// supervisors of a program that live.
func supervisors(dir string) (pids []int) {
	found, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range found {
		if words, _ := os.ReadFile(f); strings.HasSuffix(string(words), "\x00"+dir+"\x00") {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
			pids = append(pids, pid)
		}
	}
	return pids
}
