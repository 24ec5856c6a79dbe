//go:build linux

package process

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// groupsDir is where control groups are mounted.
const groupsDir = "/sys/fs/cgroup"

// kernelSettings are what root may write in /proc without any capability, and
// thereby change the machine or run anything on it.
func kernelSettings() []string {
	return []string{"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/acpi"}
}

// protect lets a program of root read but not write the kernel's settings and
// control groups, and lets /sys show the interfaces of this thread's network. It
// needs the private mounts, and no settings are written in this process
// afterwards. Where the system does not allow it, the program keeps what it had.
func (s *supervisor) protect() {
	own := s.joint >= joinedToItself
	if os.Geteuid() != 0 && !own {
		return // may not write them anyway
	}
	if err := s.protectSys(own); err != nil {
		fmt.Fprintln(os.Stderr, "no private /sys:", err)
	}
	if os.Geteuid() != 0 {
		return
	}
	for _, path := range kernelSettings() {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		err := bind(path, path)
		if err == nil {
			err = readOnly(path)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "the program may write:", err)
		}
	}
}

// protectSys makes /sys read-only, and mounts it anew for a network of its own.
// This process goes on writing to its control groups by a descriptor.
func (s *supervisor) protectSys(own bool) error {
	groups, noGroups := unix.Open(groupsDir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if own {
		const flags = unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
		if err := unix.Mount("sysfs", "/sys", "sysfs", flags, ""); err != nil {
			return fmt.Errorf("mount sysfs: %w", err)
		}
	} else if err := remountReadOnly("/sys"); err != nil {
		return err
	}
	if noGroups != nil {
		return nil
	}
	byFD := fmt.Sprintf("/proc/self/fd/%d", groups)
	if err := bind(byFD, groupsDir); err != nil {
		return err
	}
	s.groups.reachBy(byFD)
	return readOnly(groupsDir)
}

// reachBy uses another name for groupsDir from now on.
func (g *cgroups) reachBy(name string) {
	move := func(path string) string {
		if rest, ok := beneath(path, groupsDir); ok {
			return name + rest
		}
		return path
	}
	if g.unified != "" {
		g.unified = move(g.unified)
	}
	for _, paths := range []map[string]string{g.v1, g.home} {
		for c, path := range paths {
			paths[c] = move(path)
		}
	}
}
