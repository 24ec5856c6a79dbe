//go:build linux

package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/internal/command"
)

// checkMounts finds mistakes of the caller.
func checkMounts(mounts []run.Mount) error {
	for _, m := range mounts {
		rest, ok := beneath(m.Target, optML)
		if !ok || rest == "" || filepath.Clean(m.Target) != m.Target {
			return fmt.Errorf("a mount at %q, which is no path beneath %s", m.Target, optML)
		}
		if !filepath.IsAbs(m.Source) {
			return fmt.Errorf("a mount of %q, which is no absolute path", m.Source)
		}
	}
	return nil
}

// mountVolumes lets the program see Spec.Mounts.
func (s *supervisor) mountVolumes() error {
	for _, m := range s.spec.Mounts {
		if st, err := os.Stat(m.Source); err != nil || !st.IsDir() {
			return command.Refuse(command.NotExecutable, "The directory %s, which was to appear as %s, does not exist.", m.Source, m.Target)
		}
		at, _ := beneath(m.Target, optML)
		switch {
		case s.mode != shared:
			if err := mountVolume(m, s.base, at); err != nil {
				return err
			}
		case m.ReadOnly:
			return command.Refuse(command.NotExecutable, "The directory %s was to appear as %s and be read-only, which needs private mounts that this system does not allow: run the server as root or allow unprivileged user namespaces.", m.Source, m.Target)
		default:
			if err := linkVolume(m, s.spec.OptML, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// mountVolume binds a directory at a path beneath base. A link on the way, which
// could lead out of base, is refused.
func mountVolume(m run.Mount, base, at string) error {
	root, err := unix.Open(base, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", base, err)
	}
	defer unix.Close(root)
	target, err := openBeneath(root, at[1:])
	if err != nil {
		return command.Refuse(command.NotExecutable, "The directory %s was to appear as %s, where there is no directory: %v.", m.Source, m.Target, err)
	}
	defer unix.Close(target)
	if err := bind(m.Source, fmt.Sprintf("/proc/self/fd/%d", target)); err != nil {
		return err
	}
	if !m.ReadOnly {
		return nil
	}
	// By name, for what is mounted now; nothing else runs here that could have
	// put a link there.
	return readOnly(base + at)
}

// openBeneath opens a directory without following links.
func openBeneath(root int, path string) (int, error) {
	const flags = unix.O_PATH | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	at := root
	for name := range strings.SplitSeq(path, "/") {
		next, err := unix.Openat(at, name, flags, 0)
		if at != root {
			unix.Close(at)
		}
		if err != nil {
			return 0, &fs.PathError{Op: "open", Path: path, Err: err}
		}
		at = next
	}
	return at, nil
}

// readOnly lets a mount, and all beneath it, be read only.
func readOnly(path string) error {
	err := unix.MountSetattr(unix.AT_FDCWD, path, unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
	if errors.Is(err, unix.ENOSYS) {
		return remountReadOnly(path)
	}
	if err != nil {
		return fmt.Errorf("make %s read-only: %w", path, err)
	}
	return nil
}

// remountReadOnly changes one mount, without those beneath: all that kernels
// before 5.12 can do.
func remountReadOnly(path string) error {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return fmt.Errorf("make %s read-only: %w", path, err)
	}
	// Flags that a user namespace may not take away are to be named again.
	keep := uintptr(st.Flags) & (unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME | unix.MS_RELATIME)
	if err := unix.Mount("", path, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|keep, ""); err != nil {
		return fmt.Errorf("make %s read-only: %w", path, err)
	}
	return nil
}

// linkVolume puts a symbolic link in place of an empty directory beneath base.
func linkVolume(m run.Mount, base, at string) error {
	path := base + at
	above, err1 := filepath.EvalSymlinks(filepath.Dir(path))
	if real, err2 := filepath.EvalSymlinks(base); err1 != nil || err2 != nil || above != real+strings.TrimSuffix(filepath.Dir(at), "/") {
		return command.Refuse(command.NotExecutable, "The directory %s was to appear as %s, where there is no directory.", m.Source, m.Target)
	}
	if to, err := os.Readlink(path); err == nil && to == m.Source {
		return nil // of an earlier run of the same program
	}
	if err := os.Remove(path); err != nil {
		return command.Refuse(command.NotExecutable, "The directory %s was to appear as %s, where there is no empty directory: %v.", m.Source, m.Target, err)
	}
	return os.Symlink(m.Source, path)
}

// unlinkVolumes puts the directories back for which linkVolume put links.
func unlinkVolumes(s run.Spec) {
	for _, m := range s.Mounts {
		at, _ := beneath(m.Target, optML)
		if to, err := os.Readlink(s.OptML + at); err == nil && to == m.Source && os.Remove(s.OptML+at) == nil {
			os.Mkdir(s.OptML+at, 0o755)
		}
	}
}
