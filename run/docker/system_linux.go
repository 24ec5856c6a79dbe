package docker

import (
	"io/fs"
	"syscall"
)

// ownerUID is the user whose file it is, -1 when unknown.
func ownerUID(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}
