//go:build linux

package process

import (
	"slices"
	"sync"
	"syscall"
)

// WithoutNamespaces makes the runner behave as on a system that allows none.
func (r *Runner) WithoutNamespaces() *Runner {
	r.ways = func() []*syscall.SysProcAttr { return []*syscall.SysProcAttr{{}} }
	r.able = sync.OnceValue(r.probe)
	return r
}

// WithUserNamespaces makes it behave as for a root without capabilities.
func (r *Runner) WithUserNamespaces() *Runner {
	r.ways = func() []*syscall.SysProcAttr {
		return slices.DeleteFunc(isolations(), func(a *syscall.SysProcAttr) bool { return modeOf(a) == private })
	}
	r.able = sync.OnceValue(r.probe)
	return r
}

// FindHierarchies is findHierarchies, for its table test.
func FindHierarchies(own, mounts string, root bool) (unified []string, v1 map[string]string) {
	h := findHierarchies(own, mounts, root)
	return h.unified, h.v1
}

// StateDir is where the program of an ID is kept beneath root.
func StateDir(root, id string) string { return string(dirOf(root, id)) }
