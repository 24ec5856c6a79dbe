//go:build linux

package process

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ownMounts keeps what is mounted in this process's mount name space from the
// machine's. Some systems give a process one and do not let it mount.
func ownMounts() bool {
	err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	if err != nil {
		fmt.Fprintln(os.Stderr, "no private mounts:", err)
	}
	return err == nil
}

// isolate gives the program its /opt/ml and its host name within this process's
// own mount and host name spaces. A system that does not allow it costs the
// names only, and therefore also networks of several hosts.
func (s *supervisor) isolate() error {
	if err := s.nameHost(); err != nil {
		if len(s.spec.Network.Hosts) > 1 {
			return fmt.Errorf("the names of its peers do not resolve: %w", err)
		}
		fmt.Fprintln(os.Stderr, "no host name:", err)
	}
	if err := s.mountOptML(); err != nil {
		fmt.Fprintln(os.Stderr, "no private /opt/ml:", err)
		return nil
	}
	s.base = optML
	return nil
}

// nameHost sets the host name and lets it and those of the peers resolve.
func (s *supervisor) nameHost() error {
	name := s.spec.Hostname
	if name == "" {
		return nil
	}
	if err := unix.Sethostname([]byte(name)); err != nil {
		return err
	}
	hosts, err := os.ReadFile("/etc/hosts")
	if err != nil {
		return err
	}
	own := s.dir.path("hosts")
	if err := os.WriteFile(own, hostsFile(s.spec.Spec, s.joint, s.addresses, hosts), 0o644); err != nil {
		return err
	}
	return bind(own, "/etc/hosts")
}

// mountOptML binds Spec.OptML on /opt/ml. Where the host has no such directory,
// a small file system takes the place of /opt, with everything of the host's
// /opt bound into it: the host itself is never written to.
func (s *supervisor) mountOptML() error {
	if st, err := os.Stat(optML); err == nil && st.IsDir() {
		return bind(s.spec.OptML, optML)
	}
	opt := filepath.Dir(optML)
	entries, err := os.ReadDir(opt)
	if err != nil {
		return err
	}
	stage := s.dir.path("opt")
	if err := os.MkdirAll(stage, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", stage, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755,size=64k"); err != nil {
		return err
	}
	for _, e := range entries {
		if err := mirror(filepath.Join(opt, e.Name()), filepath.Join(stage, e.Name()), e); err != nil {
			return err
		}
	}
	ml := filepath.Join(stage, filepath.Base(optML))
	if err := os.Mkdir(ml, 0o755); err != nil {
		return err
	}
	if err := bind(s.spec.OptML, ml); err != nil {
		return err
	}
	return bind(stage, opt)
}

// mirror makes one entry of /opt appear in its replacement.
func mirror(from, to string, e os.DirEntry) error {
	switch {
	case e.Type()&os.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	case e.IsDir():
		if err := os.Mkdir(to, 0o755); err != nil {
			return err
		}
	default:
		f, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		f.Close()
	}
	return bind(from, to)
}

// bind mounts from on to, with all that is mounted beneath it.
func bind(from, to string) error {
	if err := unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %s on %s: %w", from, to, err)
	}
	return nil
}
