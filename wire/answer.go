package wire

import (
	"io"
	"net/http"
	"strconv"
	"sync"
)

// answer sends body with the call's status and content type.
func (c *call) answer(body []byte) {
	h := c.w.Header()
	if c.contentType != "" {
		h["Content-Type"] = []string{c.contentType}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	c.w.WriteHeader(c.status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(body) // a client that has gone is not our error
	}
}

// buffer is scratch space for bodies.
type buffer struct{ data []byte }

// bufferPool keeps buffers, but none that a huge body has blown up.
type bufferPool struct{ pool sync.Pool }

const maxPooled = 256 << 10

func (p *bufferPool) get() *buffer {
	if b, ok := p.pool.Get().(*buffer); ok {
		return b
	}
	return &buffer{make([]byte, 0, 4096)}
}

func (p *bufferPool) put(b *buffer) {
	if cap(b.data) <= maxPooled {
		b.data = b.data[:0]
		p.pool.Put(b)
	}
}

// begun says that a plain handler has sent a part of its answer.
func (c *call) begun() bool {
	r, ok := c.w.(*recorder)
	return ok && r.wrote
}

// recorder remembers the status that a plain handler answers.
type recorder struct {
	http.ResponseWriter
	c     *call
	wrote bool
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if !r.wrote && status >= http.StatusOK {
		r.c.status, r.wrote = status, true
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (r *recorder) Write(p []byte) (int, error) {
	r.wrote = true
	return r.ResponseWriter.Write(p)
}

// ReadFrom implements io.ReaderFrom, so that files still go out by sendfile.
func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	r.wrote = true
	return io.Copy(r.ResponseWriter, src)
}

// Unwrap gives http.ResponseController its ResponseWriter.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
