package mirror

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/sagebrush/sagebrush/artifact/tree"
	"github.com/sagebrush/sagebrush/blob"
)

// Restore copies what is below the prefix into the directory, which is made when
// it is missing, and begins a new journal that knows it (TrainContainer-10). It
// is called before the program starts, on each host, and again when the job
// starts once more. It answers how many files it copied; their times are those
// of the objects. Changing the files' owner or permissions afterwards is fine.
//
// Keys that end in a slash stand for directories and are passed over. A key that
// cannot be a file is a *tree.UnfitError.
func Restore(ctx context.Context, c Config) (files int, err error) {
	dir := filepath.Join(c.Local.Base, filepath.FromSlash(c.Local.Path))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("mirror: %w", err)
	}
	if err := c.Local.Check(); err != nil {
		return 0, fmt.Errorf("mirror: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, fmt.Errorf("mirror: %w", err)
	}
	defer root.Close()
	r := restoring{Config: c, root: root, state: map[string]known{}}
	if err := r.all(ctx); err != nil {
		return 0, fmt.Errorf("mirror: restore: %w", err)
	}
	return len(r.state), writeJournal(c.Journal, r.state)
}

type restoring struct {
	Config
	root  *os.Root // an earlier run may have left links that lead elsewhere
	mu    sync.Mutex
	state map[string]known
}

// all copies every object below the prefix.
func (r *restoring) all(ctx context.Context) error {
	prefix := strings.TrimSuffix(r.Prefix, "/")
	if prefix != "" {
		prefix += "/" // "run-1" is not the beginning of "run-10"
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for after := ""; ; {
		page, err := r.Store.List(ctx, r.Bucket, blob.ListOptions{Prefix: prefix, After: after, Max: blob.MaxPageSize})
		if err != nil {
			return errors.Join(g.Wait(), err)
		}
		for _, o := range page.Objects {
			if strings.HasSuffix(o.Key, "/") {
				continue
			}
			name := strings.TrimPrefix(o.Key, prefix)
			if path.Clean(name) != name || !filepath.IsLocal(name) || strings.ContainsRune(name, 0) {
				return errors.Join(g.Wait(), &tree.UnfitError{Path: o.Key, Reason: "cannot be a file below a directory; remove or rename the object"})
			}
			g.Go(func() error { return r.one(ctx, o.Key, name) })
		}
		if after = page.Next; after == "" {
			return g.Wait()
		}
	}
}

// one copies one object.
func (r *restoring) one(ctx context.Context, key, name string) error {
	if dir := path.Dir(name); dir != "." {
		if err := r.root.MkdirAll(dir, 0o755); err != nil {
			return clash(key, err)
		}
	}
	info, err := r.fetch(ctx, key, name)
	if errors.Is(err, blob.ErrNoSuchKey) {
		return nil // deleted since it was listed
	} else if err != nil {
		return clash(key, err)
	}
	if err := r.root.Chtimes(name, info.LastModified, info.LastModified); err != nil {
		return err
	}
	f, err := r.Local.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state[name] = known{signature: signatureOf(f.Entry), ETag: info.ETag, Settled: true}
	return nil
}

// fetch writes the object into the file.
func (r *restoring) fetch(ctx context.Context, key, name string) (blob.Info, error) {
	if old, err := r.root.Lstat(name); err == nil && !old.Mode().IsRegular() && !old.IsDir() {
		if err := r.root.Remove(name); err != nil {
			return blob.Info{}, err
		}
	}
	body, info, err := r.Store.Get(ctx, r.Bucket, key, nil)
	if err != nil {
		return info, err
	}
	defer body.Close()
	f, err := r.root.Create(name)
	if err != nil {
		return info, err
	}
	n, err := io.Copy(f, body) // inside the kernel where both are files
	if err == nil && n != info.Size {
		err = io.ErrUnexpectedEOF
	}
	return info, errors.Join(err, f.Close())
}

// clash explains keys that cannot be files beside each other, such as "a" and
// "a/b", and names that are too long.
func clash(key string, err error) error {
	var failed *fs.PathError
	if !errors.As(err, &failed) {
		return err
	}
	for _, e := range []error{syscall.ENOTDIR, syscall.EISDIR, syscall.EEXIST, syscall.ENAMETOOLONG} {
		if errors.Is(failed.Err, e) {
			return &tree.UnfitError{Path: key, Reason: fmt.Sprintf("cannot be a file: its name is too long, or another object needs it as a directory (%v)", failed.Err)}
		}
	}
	return err
}
