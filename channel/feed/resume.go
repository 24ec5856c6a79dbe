//go:build linux

package feed

import (
	"context"
	"io"
	"time"

	"github.com/sagebrush/sagebrush/blob"
)

const (
	// resumeTries is how often in a row a reading is taken up again that brings
	// nothing.
	resumeTries = 6
	// resumePause is how long the second of them waits, the first does not; each
	// other waits twice as long as the one before.
	resumePause = 250 * time.Millisecond
)

// resuming reads bytes of an external object and goes on where a connection
// broke: a program may leave its pipe alone for hours, and no store keeps a
// connection open that long.
type resuming struct {
	ctx      context.Context
	from     *contents
	c        Content
	off, end int64
	body     io.ReadCloser // nil between two connections
	tries    int
}

// stream reads length bytes of c from off on, which was not asked for yet.
func (s *contents) stream(ctx context.Context, c *Content, off, length int64) io.ReadCloser {
	return &resuming{ctx: ctx, from: s, c: *c, off: off, end: off + length}
}

// Read implements io.Reader.
func (r *resuming) Read(b []byte) (int, error) {
	for r.off < r.end {
		n, err := r.read(b)
		r.off += int64(n)
		if n > 0 {
			r.tries = 0
			return n, nil // a broken connection shows again
		}
		if err == nil {
			continue
		}
		if err := r.pause(err); err != nil {
			return 0, err
		}
	}
	return 0, io.EOF
}

// read reads from the connection, or from a new one.
func (r *resuming) read(b []byte) (n int, err error) {
	if r.body == nil {
		r.body, _, err = r.from.get(r.ctx, &r.c, &blob.Range{Offset: r.off, Length: r.end - r.off})
		if err != nil {
			r.body = nil
			return 0, err
		}
	}
	n, err = r.body.Read(b[:min(int64(len(b)), r.end-r.off)])
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if n > 0 {
		err = nil
	}
	return n, err
}

// pause gives the connection up and waits before the next; an error is final.
func (r *resuming) pause(err error) error {
	r.Close()
	if r.tries++; isFinal(err) || r.ctx.Err() != nil || r.tries > resumeTries {
		return err
	}
	if r.tries == 1 {
		return nil
	}
	select {
	case <-r.ctx.Done():
		return err
	case <-time.After(resumePause << (r.tries - 2)):
		return nil
	}
}

// Close implements io.Closer.
func (r *resuming) Close() error {
	if r.body == nil {
		return nil
	}
	body := r.body
	r.body = nil
	return body.Close()
}
