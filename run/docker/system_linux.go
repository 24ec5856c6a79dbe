package docker

import (
	"io/fs"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownerUID is the user whose file it is, -1 when unknown.
func ownerUID(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}

// listenerOf is the process that listens at the other end of a unix socket, as the
// kernel knows it; 0 when it cannot be seen from here.
func listenerOf(conn net.Conn) int {
	u, ok := conn.(*net.UnixConn)
	if !ok {
		return 0
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return 0
	}
	pid := 0
	_ = raw.Control(func(fd uintptr) {
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			pid = int(cred.Pid)
		}
	})
	return pid
}
