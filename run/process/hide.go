//go:build linux

package process

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Hidden is a directory that programs find empty: the server's own, with its
// database, its keys and the files of other jobs.
type Hidden struct {
	Dir string
	// Keep are directories within it that programs need all the same.
	Keep []string
}

// Hide keeps a directory from the programs that are started from now on, as far
// as the system allows private mounts. It is called before the first Start.
func (r *Runner) Hide(h Hidden) { r.hidden = h }

// hide gives this thread, and so the program that it forks, mounts of its own in
// which the directory is an empty file system. The supervisor's other threads go
// on in the mounts that they have. Whoever may mount could look behind it; a
// program may not (limitRights).
func (s *supervisor) hide() error {
	h := s.spec.Hidden
	if s.mode == shared || h.Dir == "" {
		return nil
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	var kept []int
	defer func() {
		for _, fd := range kept {
			unix.Close(fd)
		}
	}()
	for _, dir := range h.Keep {
		fd, err := unix.OpenTree(unix.AT_FDCWD, dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
		if err != nil {
			return fmt.Errorf("keep %s: %w", dir, err)
		}
		kept = append(kept, fd)
	}
	if err := unix.Mount("tmpfs", h.Dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=0755,size=64k"); err != nil {
		return err
	}
	for i, dir := range h.Keep {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := unix.MoveMount(kept[i], "", unix.AT_FDCWD, dir, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
			return fmt.Errorf("keep %s: %w", dir, err)
		}
	}
	// Nothing can be left in it.
	return unix.Mount("", h.Dir, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
}
