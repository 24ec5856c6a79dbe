package modeldata

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// linkTree makes to, which is empty, equal to from: with the same files where the
// file system can link them, otherwise with copies.
func linkTree(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == from {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		dst := filepath.Join(to, rel)
		switch {
		case e.IsDir():
			return errors.Join(os.Mkdir(dst, 0o755), os.Chmod(dst, 0o755)) // whatever the umask is
		case e.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(target, dst)
		}
		err = os.Link(path, dst)
		// Another file system, too many links, or a file system without any.
		if errors.Is(err, syscall.EXDEV) || errors.Is(err, syscall.EMLINK) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOTSUP) {
			err = copyFile(path, dst)
		}
		return err
	})
}

// copyFile copies a file with its mode and time.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Chmod(info.Mode().Perm()), out.Close(), os.Chtimes(to, info.ModTime(), info.ModTime()))
}

// gates let one at a time pass for each name.
type gates struct {
	mu sync.Mutex
	of map[string]*gate
}

type gate struct {
	token chan struct{} // holds one while nobody is inside
	users int           // inside or waiting
}

// enter waits until nobody else is inside, or ctx ends; leave must be called.
func (g *gates) enter(ctx context.Context, name string) (leave func(), err error) {
	g.mu.Lock()
	if g.of == nil {
		g.of = map[string]*gate{}
	}
	one := g.of[name]
	if one == nil {
		one = &gate{token: make(chan struct{}, 1)}
		one.token <- struct{}{}
		g.of[name] = one
	}
	one.users++
	g.mu.Unlock()
	forget := func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if one.users--; one.users == 0 {
			delete(g.of, name)
		}
	}
	select {
	case <-one.token:
		return func() { one.token <- struct{}{}; forget() }, nil
	case <-ctx.Done():
		forget()
		return nil, context.Cause(ctx)
	}
}
