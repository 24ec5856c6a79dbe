//go:build linux

package process

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// rights are the capabilities that programs of a root server keep: what root in
// a Docker container has, without CAP_MKNOD, since this is the machine's own
// file system, and with CAP_NET_RAW only in a network of its own.
func rights(ownNetwork bool) map[uintptr]bool {
	return map[uintptr]bool{
		unix.CAP_AUDIT_WRITE:      true,
		unix.CAP_CHOWN:            true,
		unix.CAP_DAC_OVERRIDE:     true,
		unix.CAP_FOWNER:           true,
		unix.CAP_FSETID:           true,
		unix.CAP_KILL:             true,
		unix.CAP_NET_BIND_SERVICE: true,
		unix.CAP_NET_RAW:          ownNetwork,
		unix.CAP_SETFCAP:          true,
		unix.CAP_SETGID:           true,
		unix.CAP_SETPCAP:          true,
		unix.CAP_SETUID:           true,
		unix.CAP_SYS_CHROOT:       true,
	}
}

// lastCapability is more than any kernel has.
const lastCapability = 63

// limitRights lets what this thread executes get no capabilities but those to
// keep, whatever it executes. The thread itself has them until then.
func limitRights(keep map[uintptr]bool) {
	unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if unix.Capget(&header, &sets[0]) == nil {
		sets[0].Inheritable, sets[1].Inheritable = 0, 0
		unix.Capset(&header, &sets[0])
	}
	if os.Geteuid() != 0 {
		return // executing a program takes all away
	}
	for c := range uintptr(lastCapability + 1) {
		has, _ := unix.PrctlRetInt(unix.PR_CAPBSET_READ, c, 0, 0, 0)
		if has != 1 || keep[c] {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil {
			fmt.Fprintln(os.Stderr, "the program keeps its rights:", err)
			return
		}
	}
}
