//go:build linux

package process

import (
	"sync"
	"syscall"
)

// WithoutNamespaces makes the runner behave as on a system that allows none.
func (r *Runner) WithoutNamespaces() *Runner {
	r.ways = func() []*syscall.SysProcAttr { return []*syscall.SysProcAttr{{}} }
	r.able = sync.OnceValue(r.probe)
	return r
}

// FindHierarchies is findHierarchies, for its table test.
func FindHierarchies(own, mounts string, root bool) (unified []string, v1 map[string]string) {
	h := findHierarchies(own, mounts, root)
	return h.unified, h.v1
}
