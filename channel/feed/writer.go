//go:build linux

package feed

import (
	"bytes"
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/channel/recordio"
)

const (
	// pipeSize is how much a pipe holds where the system allows it: the most that
	// a plain user may ask for.
	pipeSize = 1 << 20
	// gather is up to how many bytes small writes are joined.
	gather = 64 << 10
)

// writer writes to the pipe of an epoch: small things joined, files without a
// copy, by lending their pages to the pipe.
type writer struct {
	w   *os.File
	buf []byte
	// stage lends files; nil once they cannot be lent.
	stage *stage
}

func newWriter(w *os.File) *writer {
	_, _ = unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, pipeSize) // it is only faster with a larger one
	return &writer{w: w, buf: make([]byte, 0, gather), stage: newStage(w)}
}

// Close lets go of what the writer has beside its pipe, which stays open.
func (o *writer) Close() error {
	if o.stage == nil {
		return nil
	}
	err := o.stage.Close()
	o.stage = nil
	return err
}

// Write implements io.Writer: buffered.
func (o *writer) Write(b []byte) (int, error) {
	if len(o.buf)+len(b) > gather {
		if err := o.flush(); err != nil {
			return 0, err
		}
	}
	if len(b) >= gather {
		return o.w.Write(b)
	}
	o.buf = append(o.buf, b...)
	return len(b), nil
}

func (o *writer) flush() error {
	if len(o.buf) == 0 {
		return nil
	}
	_, err := o.w.Write(o.buf)
	o.buf = o.buf[:0]
	return err
}

// bytes writes b, as a record when wanted.
func (o *writer) bytes(b []byte, record bool) error {
	if !record {
		_, err := o.Write(b)
		return err
	}
	return recordio.Write(o, bytes.NewReader(b), int64(len(b)))
}

// stream writes what r gives; size must be known for a record.
func (o *writer) stream(c *Content, r io.Reader, size int64, record bool) error {
	if record {
		return shorter(c, recordio.Write(o, r, size))
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{o}, struct{ io.Reader }{r}, make([]byte, 4*gather))
	if err == nil && size >= 0 && n != size {
		err = io.ErrUnexpectedEOF
	}
	return shorter(c, err)
}

// content writes a pinned content.
func (o *writer) content(from *contents, c *Content, record bool) error {
	in := &pieces{from: from, rest: c.Pieces}
	defer in.Close()
	if !record {
		return shorter(c, o.pieces(in, c.Size))
	}
	for _, p := range recordio.Parts(c.Size) {
		if _, err := o.Write(p.Header[:]); err != nil {
			return err
		}
		if err := o.pieces(in, p.Length); err != nil {
			return shorter(c, err)
		}
		if _, err := o.Write(p.Padding); err != nil {
			return err
		}
	}
	return nil
}

// pieces writes n bytes of in, file by file.
func (o *writer) pieces(in *pieces, n int64) error {
	for n > 0 {
		if in.left == 0 {
			if len(in.rest) == 0 {
				return io.ErrUnexpectedEOF
			}
			if err := in.next(); err != nil {
				return err
			}
			continue
		}
		some := min(n, in.left)
		if err := o.some(in, some); err != nil {
			return err
		}
		n -= some
	}
	return nil
}

// some writes n bytes of the current piece.
func (o *writer) some(in *pieces, n int64) error {
	if n >= gather && o.stage != nil {
		if err := o.flush(); err != nil {
			return err
		}
		rest, err := o.stage.lend(in.file, n)
		in.left -= n - rest
		if errors.Is(err, errCannotLend) {
			err = o.Close()
		}
		if n = rest; n == 0 || err != nil {
			return err
		}
	}
	m, err := io.CopyN(struct{ io.Writer }{o}, struct{ io.Reader }{in}, n)
	if err == nil && m < n {
		err = io.ErrUnexpectedEOF
	}
	return err
}
