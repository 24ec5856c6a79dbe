package training

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/sagebrush/sagebrush/blob"
)

// parallelDownloads bounds how many objects of a job are on their way at once.
const parallelDownloads = 8

// downloadChannel copies all objects under the URI (TrainData-6). Paths cannot
// leave dir whatever the keys are: os.Root refuses.
func (s *Service) downloadChannel(ctx context.Context, dir, uri string) error {
	bucket, prefix, err := parseS3(uri)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelDownloads)
	found, after := 0, ""
	for {
		page, err := s.Objects.List(ctx, bucket, blob.ListOptions{Prefix: prefix, After: after, Max: 1000})
		if err != nil {
			return errors.Join(g.Wait(), err)
		}
		for _, o := range page.Objects {
			name := localName(o.Key, prefix)
			if name == "" {
				continue
			}
			found++
			g.Go(func() error { return s.downloadObject(ctx, root, bucket, o.Key, name) })
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if found == 0 {
		return userError("no objects are left under %s", uri)
	}
	return nil
}

// localName is the path of an object below its channel's directory: the key
// without the prefix, or the base name when the prefix is the whole key. Keys
// that end in a slash stand for directories and have no file (TrainData-6).
func localName(key, prefix string) string {
	if strings.HasSuffix(key, "/") {
		return ""
	}
	name := strings.TrimLeft(strings.TrimPrefix(key, prefix), "/")
	if name == "" {
		name = path.Base(key)
	}
	return name
}

func (s *Service) downloadObject(ctx context.Context, root *os.Root, bucket, key, name string) error {
	if !filepath.IsLocal(name) || strings.ContainsRune(name, 0) {
		return userError("the key %q cannot be a file below the channel's directory", key)
	}
	if dir := filepath.Dir(name); dir != "." {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return nameClash(key, err)
		}
	}
	if l, ok := s.Objects.(blob.Localizer); ok {
		// The directory was made just now by us and nobody else writes to it yet,
		// so joining the checked name to it cannot leave it.
		_, err := l.Localize(ctx, bucket, key, filepath.Join(root.Name(), name))
		return vanished(key, nameClash(key, err))
	}
	body, _, err := s.Objects.Get(ctx, bucket, key, nil)
	if err != nil {
		return vanished(key, err)
	}
	defer body.Close()
	f, err := root.Create(name)
	if err != nil {
		return nameClash(key, err)
	}
	if _, err = io.Copy(f, body); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

// vanished explains an object that went away between listing and reading.
func vanished(key string, err error) error {
	if errors.Is(err, blob.ErrNoSuchKey) || errors.Is(err, blob.ErrNoSuchBucket) {
		return userError("the object %q was deleted while it was downloaded", key)
	}
	return err
}

// nameClash explains keys that cannot live beside each other in a directory,
// such as "a" and "a/b".
func nameClash(key string, err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) && !errors.Is(err, fs.ErrPermission) && isClash(pathErr.Err) {
		return userError("the key %q cannot be a file: another key of the channel needs the same name as a directory, or the name is too long (%v)", key, pathErr.Err)
	}
	return err
}
