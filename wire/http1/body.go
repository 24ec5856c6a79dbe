package http1

import (
	"io"
	"net/http"
	"time"
)

// skipTime is what a client has to send the rest of a body that nobody wants.
const skipTime = 5 * time.Second

// body is the body of a request: left bytes, of which some have been read.
type body struct {
	c      *conn
	left   int64
	failed bool
}

// Read implements io.Reader. It answers io.EOF with the last bytes.
func (b *body) Read(p []byte) (n int, err error) {
	switch {
	case b.left == 0:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	case int64(len(p)) > b.left:
		p = p[:b.left]
	}
	c := b.c
	if c.from < c.to {
		n = copy(p, c.buf[c.from:c.to])
		c.from += n
	} else if n, err = c.read(p); err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if b.left -= int64(n); b.left == 0 {
		c.watch.begin()
		return n, io.EOF
	}
	b.failed = err != nil
	return n, err
}

// Close implements io.Closer. What was not read is passed over later.
func (b *body) Close() error { return nil }

// of puts the body of a request whose head has been read into it.
func (b *body) of(c *conn, r *http.Request) {
	*b = body{c: c, left: r.ContentLength}
	r.Body = b
	if b.left == 0 {
		r.Body = http.NoBody
		c.watch.begin()
	}
}

// skip passes over what was not read of the body, up to limit bytes, and says
// whether that was all.
func (b *body) skip(limit int64) bool {
	switch {
	case b.left == 0:
		return true
	case b.left > limit || b.failed:
		return false
	}
	b.c.bodyDeadline = time.Now().Add(skipTime)
	_, err := io.Copy(io.Discard, struct{ io.Reader }{b})
	return err == nil && b.left == 0
}
