//go:build linux

package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/sagebrush/sagebrush/blob"
)

// contents gives the bytes of items: from pinned files, or from an external S3.
type contents struct {
	dir   string
	store blob.Store // nil when everything is pinned

	once  sync.Once
	cache *blocks // see blocks
}

// label names a content in messages.
func (c *Content) label() string {
	if c.Bucket == "" {
		return "a value of the manifest"
	}
	return "the object s3://" + c.Bucket + "/" + c.Key
}

// local says whether c is read from files of this machine.
func (c *Content) local() bool { return len(c.Pieces) > 0 || c.Size == 0 }

// file opens the file of a piece.
func (s *contents) file(p Piece) (*os.File, error) { return os.Open(filepath.Join(s.dir, p.File)) }

// open reads a content from its beginning and tells its size.
func (s *contents) open(ctx context.Context, c *Content) (io.ReadCloser, int64, error) {
	if c.local() {
		return &pieces{from: s, rest: c.Pieces}, c.Size, nil
	}
	body, info, err := s.get(ctx, c, nil)
	if err != nil {
		if c.Size < 0 || isFinal(err) {
			return nil, 0, err
		}
		return s.stream(ctx, c, 0, c.Size), c.Size, nil // it tries again
	}
	r := &resuming{ctx: ctx, from: s, c: *c, end: info.Size, body: body}
	r.c.ETag = info.ETag
	return r, info.Size, nil
}

// isFinal says that trying again cannot help.
func isFinal(err error) bool {
	var mine *userError
	return errors.As(err, &mine)
}

// get asks the external S3, and explains what is not there as it was.
func (s *contents) get(ctx context.Context, c *Content, r *blob.Range) (io.ReadCloser, blob.Info, error) {
	if s.store == nil {
		return nil, blob.Info{}, fmt.Errorf("feed: %s is neither pinned nor external", c.label())
	}
	body, info, err := s.store.Get(ctx, c.Bucket, c.Key, r)
	switch {
	case errors.Is(err, blob.ErrNoSuchKey) || errors.Is(err, blob.ErrNoSuchBucket):
		return nil, info, failed("%s was deleted while the job ran", c.label())
	case err != nil:
		return nil, info, fmt.Errorf("%s could not be read: %w", c.label(), err)
	case c.ETag != "" && info.ETag != c.ETag:
		return nil, info, errors.Join(failed("%s was overwritten while the job ran", c.label()), body.Close())
	}
	return body, info, nil
}

// pieces reads pinned pieces one after the other.
type pieces struct {
	from *contents
	rest []Piece
	file *os.File
	left int64 // of the current piece
}

// Read implements io.Reader.
func (p *pieces) Read(b []byte) (int, error) {
	for p.left == 0 {
		if len(p.rest) == 0 {
			return 0, io.EOF
		}
		if err := p.next(); err != nil {
			return 0, err
		}
	}
	n, err := p.file.Read(b[:min(int64(len(b)), p.left)])
	p.left -= int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (p *pieces) next() error {
	if err := p.Close(); err != nil {
		return err
	}
	f, err := p.from.file(p.rest[0])
	if err != nil {
		return err
	}
	if _, err := f.Seek(p.rest[0].Offset, io.SeekStart); err != nil {
		return errors.Join(err, f.Close())
	}
	p.file, p.left, p.rest = f, p.rest[0].Length, p.rest[1:]
	return nil
}

// Close implements io.Closer.
func (p *pieces) Close() error {
	if p.file == nil {
		return nil
	}
	f := p.file
	p.file = nil
	return f.Close()
}
