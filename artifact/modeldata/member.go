package modeldata

import (
	"archive/tar"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"
)

// unpacker makes the members of an archive below root.
type unpacker struct {
	root *os.Root
	dirs dirs
	// left is how many bytes of files may still be written.
	left  int64
	links []string
	buf   []byte
}

// member makes one member. What has its name already is replaced, but a directory
// is never.
func (u *unpacker) member(h *tar.Header, content io.Reader) error {
	name, err := cleanName(h.Name)
	if err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeXGlobalHeader:
		return nil
	case tar.TypeDir:
		return u.dirs.make(name)
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeLink, tar.TypeSymlink:
	default:
		return &unfitError{h.Name, "is neither a file nor a directory nor a link"}
	}
	if name == "." {
		return &unfitError{h.Name, "has no name"}
	}
	if err := u.dirs.make(path.Dir(name)); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeSymlink:
		return u.symlink(h, name)
	case tar.TypeLink:
		return u.link(h, name)
	}
	return u.file(h, name, content)
}

// file writes a regular file with the member's time, readable to everybody, and
// executable where the member is.
func (u *unpacker) file(h *tar.Header, name string, content io.Reader) error {
	if h.Size > u.left {
		return errTooLarge
	}
	u.left -= h.Size
	const flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	f, err := u.root.OpenFile(name, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		if err = u.clear(name); err == nil {
			f, err = u.root.OpenFile(name, flags, 0o644)
		}
	}
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if h.Mode&0o111 != 0 {
		mode = 0o755
	}
	_, err = io.CopyBuffer(fileWriter{f}, content, u.buf)
	if err = errors.Join(err, ours(f.Chmod(mode)), ours(f.Close())); err != nil || h.ModTime.IsZero() {
		return err
	}
	return ours(u.root.Chtimes(name, time.Time{}, h.ModTime))
}

// fileWriter marks failures to write, to tell them from those of the content.
type fileWriter struct{ f *os.File }

// Write implements io.Writer.
func (w fileWriter) Write(p []byte) (int, error) {
	n, err := w.f.Write(p)
	return n, ours(err)
}

// ours is a writeError, nil for nil.
func ours(err error) error {
	if err == nil {
		return nil
	}
	return &writeError{err}
}

// clear removes what is not a directory.
func (u *unpacker) clear(name string) error {
	info, err := u.root.Lstat(name)
	if err == nil && info.IsDir() {
		err = &notDirError{name}
	}
	if err != nil {
		return err
	}
	return u.root.Remove(name)
}

// symlink makes a link as it is. Nothing is written through it, and checkLinks
// sees that it leads nowhere else.
func (u *unpacker) symlink(h *tar.Header, name string) error {
	if h.Linkname == "" || path.IsAbs(h.Linkname) || strings.ContainsRune(h.Linkname, 0) {
		return &unfitError{h.Name, "is a link out of the archive"}
	}
	err := u.root.Symlink(h.Linkname, name)
	if errors.Is(err, fs.ErrExist) {
		if err = u.clear(name); err == nil {
			err = u.root.Symlink(h.Linkname, name)
		}
	}
	if err == nil {
		u.links = append(u.links, name)
	}
	return err
}

// link gives a file that came before another name.
func (u *unpacker) link(h *tar.Header, name string) error {
	target, err := cleanName(h.Linkname)
	if err != nil {
		return err
	}
	info, err := u.root.Lstat(target)
	if err != nil || !info.Mode().IsRegular() {
		return &unfitError{h.Name, "is a link to something that is no file before it in the archive"}
	}
	if target == name {
		return nil
	}
	err = u.root.Link(target, name)
	if errors.Is(err, fs.ErrExist) {
		if err = u.clear(name); err == nil {
			err = u.root.Link(target, name)
		}
	}
	return err
}

// checkLinks refuses links that lead out of the directory, by whatever way. One
// that leads to nothing, or round in a circle, leads nowhere.
func (u *unpacker) checkLinks() error {
	for _, name := range u.links {
		_, err := u.root.Stat(name) // follows it as far as the directory reaches
		switch {
		case err == nil, errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.ENOTDIR):
		default:
			return &unfitError{name, "is a link out of the archive"}
		}
	}
	return nil
}
