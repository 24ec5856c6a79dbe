package channel

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/channel/feed"
)

// stream is a channel in Pipe or FastFile mode on the hosts of this machine.
type stream struct {
	c    *Channel
	here []placed
	list []object // nil for an augmented manifest
}

// feed takes the snapshot and starts the feeder.
func (s *stage) feed(ctx context.Context) error {
	d := feed.DirOf(s.m.Dir, s.r.ID)
	secret, err := s.m.secret()
	if err != nil {
		return err
	}
	if err := d.Make(); err != nil {
		return err
	}
	// First of all, so that CleanUp knows whose directory it is.
	if err := d.Note(feed.Spec{ID: s.r.ID}, secret); err != nil {
		return err
	}
	snap := &snapshot{m: s.m, dir: d.Path(feed.PinDir)}
	spec := feed.Spec{ID: s.r.ID}
	for i, st := range s.streams {
		set := fmt.Sprintf("%d.set", i)
		if err := s.write(ctx, d.Path(set), snap, st); err != nil {
			return inChannel(st.c.Name, err)
		}
		for _, p := range st.here {
			dir := dataDir(p.host)
			if st.c.Mode == Pipe {
				spec.Pipes = append(spec.Pipes, feed.PipeSpec{Channel: st.c.Name, Dir: dir, Set: set, Share: p.share,
					Seed: st.c.ShuffleSeed, Gzip: st.c.Compression == Gzip, RecordIO: st.c.Wrapper == RecordIO})
				continue
			}
			spec.Mounts = append(spec.Mounts, feed.MountSpec{Channel: st.c.Name, Dir: filepath.Join(dir, st.c.Name), Set: set, Share: p.share})
		}
	}
	if err := errors.Join(snap.close(), d.Note(spec, secret)); err != nil {
		return err
	}
	f, err := d.Start(ctx, s.m.Self)
	if f != nil {
		return &Error{f.Reason}
	}
	return err
}

// write writes the list of a channel's items.
func (s *stage) write(ctx context.Context, path string, snap *snapshot, st *stream) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 256<<10)
	out := feed.NewSetWriter(w)
	if st.c.Type == AugmentedManifestFile {
		err = s.writeLines(ctx, out, snap, st.c)
	} else {
		err = snap.pin(ctx, st.list, func(o *object, c *feed.Content) error {
			return out.Add(&feed.Item{Name: o.Name, Contents: []feed.Content{*c}})
		})
	}
	return errors.Join(err, w.Flush())
}

// snapshot holds contents where the feeder finds them.
type snapshot struct {
	m   *Manager
	dir string
	// The small contents, one after the other.
	pack *os.File
	buf  *bufio.Writer
	size int64
}

// pin calls fn, in order, with where the feeder will find each object.
func (s *snapshot) pin(ctx context.Context, list []object, fn func(*object, *feed.Content) error) error {
	if s.m.locator == nil {
		for i := range list {
			if err := fn(&list[i], contentOf(&list[i])); err != nil {
				return err
			}
		}
		return nil
	}
	return s.m.located(ctx, list, true, func(o *object, l *blob.Located) error {
		o.Size, o.ETag = l.Size, l.ETag
		c := contentOf(o)
		if err := s.hold(ctx, o, l, c); err != nil {
			return err
		}
		return fn(o, c)
	})
}

// contentOf is an object that the feeder reads from an external S3.
func contentOf(o *object) *feed.Content {
	return &feed.Content{Bucket: o.Bucket, Key: o.Key, ETag: o.ETag, Size: o.Size, Modified: o.Modified}
}

// hold pins an object's content.
func (s *snapshot) hold(ctx context.Context, o *object, l *blob.Located, c *feed.Content) error {
	if len(l.Files) == 0 {
		return s.add(l.Body, c)
	}
	for _, f := range l.Files {
		name := filepath.Base(f.Path)
		if err := link(f.Path, filepath.Join(s.dir, name)); errors.Is(err, fs.ErrNotExist) {
			return (&copier{m: s.m, ctx: ctx}).gone(o)
		} else if err != nil {
			return err
		}
		c.Pieces = append(c.Pieces, feed.Piece{File: name, Length: f.Size})
	}
	return nil
}

// add appends a small content to the pack.
func (s *snapshot) add(b []byte, c *feed.Content) (err error) {
	if c.Size = int64(len(b)); len(b) == 0 {
		return nil
	}
	if s.pack == nil {
		if s.pack, err = os.OpenFile(filepath.Join(s.dir, feed.PackFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			return err
		}
		s.buf = bufio.NewWriterSize(s.pack, 1<<20)
	}
	c.Pieces = []feed.Piece{{File: feed.PackFile, Offset: s.size, Length: c.Size}}
	n, err := s.buf.Write(b)
	s.size += int64(n)
	return err
}

func (s *snapshot) close() error {
	if s.pack == nil {
		return nil
	}
	return errors.Join(s.buf.Flush(), s.pack.Close())
}

// link pins a content file: by a second name, or where that cannot be, because it
// is on another file system or has too many names, by a copy. One that is pinned
// already is not linked again.
func link(from, to string) error {
	err := os.Link(from, to)
	switch {
	case err == nil || errors.Is(err, fs.ErrExist):
		return nil
	case !errors.Is(err, syscall.EXDEV) && !errors.Is(err, syscall.EMLINK) && !errors.Is(err, syscall.EPERM) && !errors.Is(err, syscall.ENOTSUP):
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
