package docker

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// openPath opens a directory for nothing but what lies in it.
const openPath = unix.O_PATH

// ownerUID is the user whose file it is, -1 when unknown.
func ownerUID(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}
