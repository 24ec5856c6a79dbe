//go:build linux

package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Dir is the directory of one feeder, see the package comment.
type Dir string

// DirOf is where the feeder of an ID is kept beneath root, which is absolute.
func DirOf(root, id string) Dir {
	sum := sha256.Sum256([]byte(id))
	return Dir(filepath.Join(root, hex.EncodeToString(sum[:])))
}

// Path is a file of the directory.
func (d Dir) Path(name string) string { return filepath.Join(string(d), name) }

// sourcePrefix begins the source of all mounts of the feeders beneath root.
func sourcePrefix(root string) string {
	sum := sha256.Sum256([]byte(root))
	return "sagebrush-" + hex.EncodeToString(sum[:8]) + "-"
}

// source names the feeder's file systems in the list of mounts.
func (d Dir) source() string {
	id := filepath.Base(string(d))
	return sourcePrefix(filepath.Dir(string(d))) + id[:min(len(id), 16)]
}

// read decodes a file.
func (d Dir) read(name string, into any) error {
	data, err := os.ReadFile(d.Path(name))
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// write replaces a file atomically. Nothing here has to survive the machine.
func (d Dir) write(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	tmp := d.Path(name + ".tmp")
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, d.Path(name))
}

// lock tries to become the one who acts for the feeder. It answers nil when
// somebody else is, and an error for fs.ErrNotExist when there is no such
// directory.
func (d Dir) lock() (*os.File, error) {
	f, err := os.OpenFile(d.Path(lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, nil
		}
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	// Remove may have taken the directory away meanwhile; then the lock is on
	// a file that nobody will ever see again.
	mine, err := f.Stat()
	if err == nil {
		var there fs.FileInfo
		if there, err = os.Stat(f.Name()); err == nil && os.SameFile(mine, there) {
			return f, nil
		}
	}
	f.Close()
	return nil, err
}

// holds says whether the inherited file is the lock of the directory.
func (d Dir) holds(fd int) bool {
	var mine, there unix.Stat_t
	return unix.Fstat(fd, &mine) == nil && unix.Stat(d.Path(lockFile), &there) == nil &&
		mine.Dev == there.Dev && mine.Ino == there.Ino
}

// viaFD calls fn with a short name of the directory's socket: a path of a unix
// socket is limited to 107 bytes, and data directories may be deep.
func (d Dir) viaFD(fn func(path string) error) error {
	fd, err := unix.Open(string(d), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: string(d), Err: err}
	}
	defer unix.Close(fd)
	return fn(fmt.Sprintf("/proc/self/fd/%d/%s", fd, sockFile))
}

// dial connects to the feeder; an error means that none listens.
func (d Dir) dial() (conn net.Conn, err error) {
	err = d.viaFD(func(path string) error {
		conn, err = net.Dial("unix", path)
		return err
	})
	return conn, err
}

// listen is the feeder's side of dial.
func (d Dir) listen() (l net.Listener, err error) {
	err = d.viaFD(func(path string) error {
		l, err = net.Listen("unix", path)
		return err
	})
	if u, ok := l.(*net.UnixListener); ok && err == nil {
		u.SetUnlinkOnClose(false)
	}
	return l, err
}

// complaint is what the feeder wrote to its error file, for error messages.
func (d Dir) complaint() string {
	data, err := os.ReadFile(d.Path(errorFile))
	text := strings.TrimSpace(string(data))
	if len(text) > 2000 {
		text = "… " + text[len(text)-2000:]
	}
	if err != nil || text == "" {
		return "it left no message"
	}
	return text
}
