package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sync/errgroup"

	"github.com/sagebrush/sagebrush/blob"
)

const (
	// parallelFiles bounds how many batches are copied at once: copies inside the
	// machine are bound by memory and disk, not by latency.
	parallelFiles = 4
	// parallelGets is the same for an external S3, where latency counts.
	parallelGets = 16
	// step is how many bytes are copied between two looks at the context, and at
	// most asked of an external S3 in one request.
	step = 64 << 20
)

// download is a channel in File mode on one host.
type download struct {
	channel string
	host    *Host
	dir     string
	list    []object
	bytes   int64
}

// run copies every object. The directory is fresh and nobody's but ours, and
// os.Root keeps every path in it.
func (d *download) run(ctx context.Context, m *Manager, p *progress) error {
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := d.makeDirs(root); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	c := &copier{m: m, root: root, progress: p, group: g, ctx: ctx}
	if m.locator == nil {
		g.SetLimit(parallelGets)
		for i := range d.list {
			if ctx.Err() != nil {
				break
			}
			if err = c.fetch(&d.list[i]); err != nil {
				break
			}
		}
		return errors.Join(err, g.Wait())
	}
	g.SetLimit(parallelFiles)
	for rest := d.list; len(rest) > 0 && ctx.Err() == nil; {
		var batch []object
		batch, rest = cut(rest)
		g.Go(func() error {
			return m.located(ctx, batch, true, func(o *object, l *blob.Located) error { return c.local(o, l.Body, l.Files) })
		})
	}
	return g.Wait()
}

// batchBytes is the size of a batch in bytes, larger objects are one each.
const batchBytes = 32 << 20

// cut takes the objects off the list that one goroutine looks up and copies:
// many small ones, or few large ones.
func cut(list []object) (batch, rest []object) {
	var sum int64
	n := 0
	for n < len(list) && n < locateBatch && (n == 0 || sum+list[n].Size <= batchBytes) {
		sum += list[n].Size
		n++
	}
	return list[:n], list[n:]
}

// makeDirs makes all directories before any file is written.
func (d *download) makeDirs(root *os.Root) error {
	made := map[string]bool{".": true}
	for i := range d.list {
		dir := path.Dir(d.list[i].Name)
		if made[dir] {
			continue
		}
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		for ; !made[dir]; dir = path.Dir(dir) {
			made[dir] = true
			if err := root.Chmod(dir, 0o755); err != nil { // whatever the umask is
				return err
			}
		}
	}
	return nil
}

// copier writes objects to files.
type copier struct {
	m        *Manager
	root     *os.Root
	progress *progress
	group    *errgroup.Group
	ctx      context.Context
}

// write makes the file of an object and lets fill write it.
func (c *copier) write(o *object, fill func(f *os.File) error) error {
	f, err := c.root.OpenFile(o.Name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Close())
}

// local copies an object of the server's own store: the kernel copies, or clones
// where the file system can, from file to file.
func (c *copier) local(o *object, body []byte, files []blob.File) error {
	if len(files) == 0 {
		err := c.write(o, func(f *os.File) error {
			_, err := f.Write(body)
			return err
		})
		if err == nil {
			c.progress.add(o.Size)
		}
		return err
	}
	return c.write(o, func(f *os.File) error {
		for _, part := range files {
			if err := c.copyFile(f, part); errors.Is(err, fs.ErrNotExist) {
				return c.gone(o)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
}

// gone explains a content file that was removed between its look-up and now.
func (c *copier) gone(o *object) error {
	err := c.m.located(c.ctx, []object{*o}, false, func(*object, *blob.Located) error { return nil })
	if err == nil {
		err = fmt.Errorf("channel: the content of %s is missing", o.uri())
	}
	return err
}

// copyFile appends a content file.
func (c *copier) copyFile(to *os.File, from blob.File) error {
	in, err := os.Open(from.Path)
	if err != nil {
		return err
	}
	defer in.Close()
	for rest := from.Size; rest > 0; {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		n, err := io.CopyN(to, in, min(rest, step))
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("channel: copy %s: %w", from.Path, err)
		}
		c.progress.add(n)
		rest -= n
	}
	return nil
}

// fetch copies an object of an external S3, a large one in pieces at once.
func (c *copier) fetch(o *object) error {
	if o.Size <= step {
		c.group.Go(func() error {
			return c.write(o, func(f *os.File) error { return c.get(f, o, nil) })
		})
		return nil
	}
	if err := c.write(o, func(f *os.File) error { return f.Truncate(o.Size) }); err != nil {
		return err
	}
	for off := int64(0); off < o.Size; off += step {
		c.group.Go(func() error {
			f, err := c.root.OpenFile(o.Name, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			r := &blob.Range{Offset: off, Length: min(step, o.Size-off)}
			return errors.Join(c.get(io.NewOffsetWriter(f, off), o, r), f.Close())
		})
	}
	return nil
}

// get copies an object or a range of it, which must be what was listed.
func (c *copier) get(to io.Writer, o *object, r *blob.Range) error {
	body, info, err := c.m.Objects.Get(c.ctx, o.Bucket, o.Key, r)
	if errors.Is(err, blob.ErrInvalidRange) {
		return changed(o)
	}
	if err != nil {
		return vanished(o, err)
	}
	defer body.Close()
	if o.ETag != "" && info.ETag != o.ETag {
		return changed(o)
	}
	want := o.Size
	if r != nil {
		want = r.Length
	}
	n, err := io.Copy(to, body)
	if err == nil && n != want {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("channel: copy %s: %w", o.uri(), err)
	}
	c.progress.add(n)
	return nil
}
