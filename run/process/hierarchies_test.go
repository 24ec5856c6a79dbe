//go:build linux

package process_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/sagebrush/sagebrush/run/process"
)

func TestFindHierarchies(t *testing.T) {
	t.Parallel()
	const v2Mount = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	const hybrid = "31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" +
		"32 23 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" +
		"33 23 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
	for name, c := range map[string]struct {
		own, mounts string
		root        bool
		unified     []string
		v1          map[string]string
	}{
		"nothing": {v1: map[string]string{}},
		"v2 user": {
			own: "0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope\n", mounts: v2Mount,
			unified: []string{"/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice", "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope"},
			v1:      map[string]string{},
		},
		"v2 root": {
			own: "0::/system.slice/x.service\n", mounts: v2Mount, root: true,
			unified: []string{"/sys/fs/cgroup", "/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/system.slice/x.service"},
			v1:      map[string]string{},
		},
		"v2 in a container": {own: "0::/\n", mounts: v2Mount, root: true, unified: []string{"/sys/fs/cgroup"}, v1: map[string]string{}},
		"hybrid": {
			own: "5:memory:/a/b\n4:cpu,cpuacct:/\n1:name=systemd:/\n0::/\n", mounts: hybrid, root: true,
			unified: []string{"/sys/fs/cgroup/unified"},
			v1:      map[string]string{"memory": "/sys/fs/cgroup/memory/a/b", "cpu": "/sys/fs/cgroup/cpu,cpuacct", "cpuacct": "/sys/fs/cgroup/cpu,cpuacct"},
		},
		"v1 in a container": {
			own: "5:memory:/docker/abc/x\n", mounts: "31 23 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
			v1: map[string]string{"memory": "/sys/fs/cgroup/memory/x"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unified, v1 := process.FindHierarchies(c.own, c.mounts, c.root)
			if !slices.Equal(unified, c.unified) || !maps.Equal(v1, c.v1) {
				t.Errorf("got %q, %v", unified, v1)
			}
		})
	}
}
