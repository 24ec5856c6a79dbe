//go:build linux

package process

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// networkDir is the directory by which the programs of one network find each
// other, <dir>/net-<sha256 of the ID>. It has a lock, and for each program a
// file that is called as its state directory is; where addresses are reserved,
// a file that says which. The last Remove takes it away.
type networkDir string

// networkDirOf is where the network of an ID is kept beneath root.
func networkDirOf(root, id string) networkDir {
	sum := sha256.Sum256([]byte(id))
	return networkDir(filepath.Join(root, "net-"+hex.EncodeToString(sum[:])))
}

// member is the content of a program's file: where its supervisor holds the
// network's hub open.
type member struct {
	Supervisor process
	Hub        int // its file descriptor
}

// lock waits until the directory is ours, and makes it first when need be. The
// kernel takes the lock from who is killed.
func (d networkDir) lock() (*os.File, error) {
	for {
		// One that vanishes while it is looked at counts as existing, and is made in
		// the next round.
		if err := os.MkdirAll(string(d), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		f, err := os.OpenFile(filepath.Join(string(d), lockFile), os.O_RDWR|os.O_CREATE, 0o600)
		if errors.Is(err, fs.ErrNotExist) {
			continue // taken away in between
		}
		if err != nil {
			return nil, err
		}
		if err := lockWait(f); err != nil {
			f.Close()
			return nil, err
		}
		mine, err1 := f.Stat()
		if there, err2 := os.Stat(f.Name()); err1 == nil && err2 == nil && os.SameFile(mine, there) {
			return f, nil
		}
		f.Close()
	}
}

// lockWait waits until an open file or directory is ours.
func lockWait(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, unix.EINTR):
			return fmt.Errorf("lock %s: %w", f.Name(), err)
		}
	}
}

// join makes a program a member and answers the network's hub: that which a
// living peer holds, or else a new one. The descriptor must stay open as long
// as this process lives. Hubs have no name, so that the kernel takes one away
// with the last process that holds it, whatever ends that.
func (d networkDir) join(name string) (hub int, err error) {
	lock, err := d.lock()
	if err != nil {
		return 0, err
	}
	defer lock.Close()
	hub, ok := d.find()
	if !ok {
		if hub, err = newHub(); err != nil {
			return 0, err
		}
	}
	data, err := json.Marshal(member{process{os.Getpid(), startTime(os.Getpid())}, hub})
	if err == nil {
		err = os.WriteFile(filepath.Join(string(d), name), data, 0o600)
	}
	return hub, err
}

// find looks for a member that lives and opens its hub. The caller holds the
// lock.
func (d networkDir) find() (hub int, ok bool) {
	for _, name := range d.members() {
		var m member
		data, err := os.ReadFile(filepath.Join(string(d), name))
		if err != nil || json.Unmarshal(data, &m) != nil {
			continue
		}
		fd, err := unix.Open(fmt.Sprintf("/proc/%d/fd/%d", m.Supervisor.PID, m.Hub), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			continue
		}
		// Who has the number of a process now had it when we opened the file.
		if kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE); err == nil && kind == unix.CLONE_NEWNET &&
			startTime(m.Supervisor.PID) == m.Supervisor.Start {
			return fd, true
		}
		unix.Close(fd)
	}
	return 0, false
}

func (d networkDir) members() []string {
	entries, _ := os.ReadDir(string(d))
	var names []string
	for _, e := range entries {
		if e.Name() != lockFile && e.Name() != blockFile {
			names = append(names, e.Name())
		}
	}
	return names
}

// leave forgets a program, and the directory with the last.
func (d networkDir) leave(name string) error {
	if _, err := os.Stat(string(d)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	lock, err := d.lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := os.Remove(filepath.Join(string(d), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(d.members()) == 0 {
		return os.RemoveAll(string(d))
	}
	return nil
}
