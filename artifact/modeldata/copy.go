package modeldata

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/sagebrush/sagebrush/blob"
)

const (
	// parallelFiles bounds how many objects of this machine are copied at once:
	// that is bound by the disk. parallelGets is the same for an external S3, where
	// latency counts.
	parallelFiles = 4
	parallelGets  = 16
	// rangeBytes is how much of a large object one request to an external S3 brings.
	rangeBytes = 64 << 20
)

// copyAll writes every object to its path below root, which is open on dir.
func copyAll(ctx context.Context, objects blob.Store, bucket string, list []object, dir string, root *os.Root) error {
	d := dirs{root: root}
	for i := range list {
		if err := d.make(path.Dir(list[i].Path)); err != nil {
			return err
		}
	}
	local, here := objects.(blob.Localizer)
	outer := ctx
	g, ctx := errgroup.WithContext(outer)
	g.SetLimit(parallelGets)
	if here {
		g.SetLimit(parallelFiles)
	}
	for i := range list {
		o := &list[i]
		if ctx.Err() != nil {
			break
		}
		if here {
			g.Go(func() error {
				dst := filepath.Join(dir, filepath.FromSlash(o.Path))
				info, err := local.Localize(ctx, bucket, o.Key, dst)
				if err == nil && info.ETag != o.ETag {
					err = changed(o)
				}
				if err == nil {
					err = os.Chmod(dst, 0o644) // whatever the umask is
				}
				return vanished(o, err)
			})
			continue
		}
		if err := fetch(ctx, g, objects, bucket, o, root); err != nil {
			return errors.Join(err, g.Wait())
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return context.Cause(outer) // nil unless the loop above was left for it
}

// fetch copies an object of an external S3, a large one in pieces at once.
func fetch(ctx context.Context, g *errgroup.Group, objects blob.Store, bucket string, o *object, root *os.Root) error {
	f, err := root.OpenFile(o.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o644), f.Truncate(o.Size), f.Close()); err != nil {
		return err
	}
	for off := int64(0); off < o.Size; off += rangeBytes {
		r := &blob.Range{Offset: off, Length: min(rangeBytes, o.Size-off)}
		g.Go(func() error {
			f, err := root.OpenFile(o.Path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			return errors.Join(vanished(o, get(ctx, objects, bucket, o, r, io.NewOffsetWriter(f, off))), f.Close())
		})
	}
	return nil
}

// get copies a range of an object that must be what was listed.
func get(ctx context.Context, objects blob.Store, bucket string, o *object, r *blob.Range, to io.Writer) error {
	body, info, err := objects.Get(ctx, bucket, o.Key, r)
	if errors.Is(err, blob.ErrInvalidRange) {
		return changed(o)
	} else if err != nil {
		return err
	}
	defer body.Close()
	if info.ETag != o.ETag {
		return changed(o)
	}
	n, err := io.Copy(to, body)
	if err == nil && n != r.Length {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("modeldata: copy %q: %w", o.Key, err)
	}
	return nil
}

// vanished explains an object that went away between listing and reading.
func vanished(o *object, err error) error {
	if errors.Is(err, blob.ErrNoSuchKey) || errors.Is(err, blob.ErrNoSuchBucket) {
		return failed("The object %q of the model data was deleted while it was being copied.", o.Key)
	}
	return err
}

// changed is about an object that is not what was listed any more.
func changed(o *object) error {
	return failed("The object %q of the model data was overwritten while it was being copied.", o.Key)
}

// dirs makes directories, each once, that every user may read.
type dirs struct {
	root *os.Root
	made map[string]bool
}

func (d *dirs) make(dir string) error {
	if dir == "." || d.made[dir] {
		return nil
	}
	if err := d.make(path.Dir(dir)); err != nil {
		return err
	}
	err := d.root.Mkdir(dir, 0o755)
	if errors.Is(err, os.ErrExist) {
		var info os.FileInfo
		if info, err = d.root.Lstat(dir); err == nil && !info.IsDir() {
			return &notDirError{dir}
		}
	}
	if err == nil {
		err = d.root.Chmod(dir, 0o755) // whatever the umask is
	}
	if err != nil {
		return err
	}
	if d.made == nil {
		d.made = map[string]bool{}
	}
	d.made[dir] = true
	return nil
}

// notDirError is a path that is needed as a directory and is something else.
type notDirError struct{ path string }

// Error implements error.
func (e *notDirError) Error() string { return fmt.Sprintf("%q is a file and a directory", e.path) }
