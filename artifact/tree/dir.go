package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Place is a directory within one that belongs to the server.
type Place struct {
	// Base is the server's own directory; the path to it is trusted.
	Base string
	// Path leads from there ("output/data", "" for Base itself) through
	// directories that a program may have replaced.
	Path string
}

// ErrReplaced says that something else stands in the place of a directory.
var ErrReplaced = errors.New("tree: not a directory any more")

// Entry is what a directory holds under one name.
type Entry struct {
	Name string
	// Mode has the type and the permissions, setuid, setgid and sticky included.
	Mode fs.FileMode
	// Size in bytes and ModTime as the file system knows it.
	Size    int64
	ModTime time.Time
	// Inode tells a file from another one that took its name.
	Inode uint64
}

// directory is an open directory.
type directory struct {
	file *os.File
	fd   int // of file
}

// open opens a place. fs.ErrNotExist when it is not there, ErrReplaced when it is
// no directory; a missing Base is an error of its own, for it is the server's.
func (p Place) open() (*directory, error) {
	f, err := os.Open(p.Base)
	if err != nil {
		return nil, fmt.Errorf("tree: the base directory cannot be opened: %v", err)
	}
	d := &directory{f, int(f.Fd())}
	for part := range strings.SplitSeq(path.Clean(p.Path), "/") {
		if part == "." || part == "" {
			continue
		}
		if part == ".." {
			d.close()
			return nil, fmt.Errorf("tree: the path %q leads out of its base", p.Path)
		}
		next, err := d.down(part)
		d.close()
		if err != nil {
			return nil, err
		}
		d = next
	}
	return d, nil
}

func (d *directory) close() { d.file.Close() }

// down opens a directory within d.
func (d *directory) down(name string) (*directory, error) {
	fd, err := openat(d.fd, name, unix.O_DIRECTORY)
	switch {
	case err == unix.ENOTDIR || err == unix.ELOOP:
		return nil, fmt.Errorf("%w: %s", ErrReplaced, name)
	case err != nil:
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &directory{os.NewFile(uintptr(fd), name), fd}, nil
}

// entries lists the directory in byte order of the names.
func (d *directory) entries() ([]Entry, error) {
	names, err := d.file.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	list := make([]Entry, 0, len(names))
	for _, name := range names {
		e, err := d.stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// stat describes a name without following it.
func (d *directory) stat(name string) (Entry, error) {
	var st unix.Stat_t
	if err := retry(func() error { return unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) }); err != nil {
		return Entry{}, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return entry(name, &st), nil
}

// entry reads what the system says about a file.
func entry(name string, st *unix.Stat_t) Entry {
	e := Entry{Name: name, Mode: fs.FileMode(st.Mode & 0o777), Size: st.Size, ModTime: time.Unix(st.Mtim.Unix()), Inode: uint64(st.Ino)}
	if st.Mode&unix.S_ISUID != 0 {
		e.Mode |= fs.ModeSetuid
	}
	if st.Mode&unix.S_ISGID != 0 {
		e.Mode |= fs.ModeSetgid
	}
	if st.Mode&unix.S_ISVTX != 0 {
		e.Mode |= fs.ModeSticky
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
	case unix.S_IFDIR:
		e.Mode |= fs.ModeDir
	case unix.S_IFLNK:
		e.Mode |= fs.ModeSymlink
	default:
		e.Mode |= fs.ModeIrregular
	}
	return e
}

// link reads where a link points to. ErrVanished when it is none any more.
func (d *directory) link(name string) (string, error) {
	for size := 256; ; size *= 2 {
		buf := make([]byte, size)
		n, err := unix.Readlinkat(d.fd, name, buf)
		if err == unix.EINVAL {
			return "", ErrVanished // it is no link any more
		} else if err != nil {
			return "", &fs.PathError{Op: "readlink", Path: name, Err: err}
		}
		if n < size {
			return string(buf[:n]), nil
		}
	}
}

// openat opens for reading what a name stands for, unless that is a link.
func openat(dir int, name string, flags int) (fd int, err error) {
	err = retry(func() (err error) {
		fd, err = unix.Openat(dir, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC|flags, 0)
		return err
	})
	return fd, err
}

// retry repeats a call that a signal interrupted.
func retry(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}
