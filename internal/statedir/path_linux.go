package statedir

import "golang.org/x/sys/unix"

// openPath opens a directory for nothing but what lies in it.
const openPath = unix.O_PATH
