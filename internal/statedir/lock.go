package statedir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// TryLock takes the exclusive lock on the file at path, which it makes if need
// be; closing the file gives it back. It answers nil when somebody else holds
// it, and an error for fs.ErrNotExist when the directory is not there.
func TryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, nil
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	// The directory may have been removed meanwhile; then the lock is on a file
	// that nobody will ever see again.
	mine, err := f.Stat()
	if err == nil {
		var there fs.FileInfo
		if there, err = os.Stat(path); err == nil && os.SameFile(mine, there) {
			return f, nil
		}
	}
	f.Close()
	return nil, err
}

// IsLock says whether a file descriptor, which was inherited, is the file at
// path. That keeps a process from acting for a directory that it was not given.
func IsLock(fd int, path string) bool {
	var mine, there unix.Stat_t
	return unix.Fstat(fd, &mine) == nil && unix.Stat(path, &there) == nil &&
		mine.Dev == there.Dev && mine.Ino == there.Ino
}
