package relay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// maxFrame bounds a frame; it is also what is copied at once.
const maxFrame = 64 << 10

// framed carries a stream over a unix socket so that its end can be told from
// its break, which such sockets do not tell themselves. Both sides must frame: a
// frame is a length of four bytes and so many bytes, one of none is the end of its
// direction, and a socket that ends without it broke.
type framed struct {
	*net.UnixConn
	left  uint32 // of the frame that is being read
	ended bool
}

// DialFramed connects to a FramedListener's socket.
func DialFramed(path string, within time.Duration) (net.Conn, error) {
	c, err := net.DialTimeout("unix", path, within)
	if err != nil {
		return nil, err
	}
	return &framed{UnixConn: c.(*net.UnixConn)}, nil
}

// FramedListener accepts what DialFramed connects, on a unix socket.
func FramedListener(l net.Listener) net.Listener { return framedListener{l} }

type framedListener struct{ net.Listener }

// Accept implements net.Listener.
func (l framedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		c.Close()
		return nil, errors.New("relay: frames are for unix sockets")
	}
	return &framed{UnixConn: u}, nil
}

// Read implements net.Conn.
func (f *framed) Read(p []byte) (int, error) {
	if f.ended {
		return 0, io.EOF
	}
	if f.left == 0 {
		var head [4]byte
		if _, err := io.ReadFull(f.UnixConn, head[:]); err != nil {
			return 0, broken(err)
		}
		f.left = binary.BigEndian.Uint32(head[:])
		if f.left == 0 {
			f.ended = true
			return 0, io.EOF
		}
		if f.left > maxFrame {
			return 0, fmt.Errorf("relay: a frame of %d bytes", f.left)
		}
	}
	n, err := f.UnixConn.Read(p[:min(len(p), int(f.left))])
	f.left -= uint32(n)
	if n > 0 {
		return n, nil
	}
	return 0, broken(err)
}

// broken is why a stream that has not ended cannot go on.
func broken(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Write implements net.Conn.
func (f *framed) Write(p []byte) (n int, err error) {
	for n < len(p) {
		part := p[n:min(len(p), n+maxFrame)]
		frame := net.Buffers{binary.BigEndian.AppendUint32(nil, uint32(len(part))), part}
		if _, err := frame.WriteTo(f.UnixConn); err != nil {
			return n, err
		}
		n += len(part)
	}
	return n, nil
}

// CloseWrite ends this side's direction.
func (f *framed) CloseWrite() error {
	_, err := f.UnixConn.Write(make([]byte, 4))
	return err
}

// ReadFrom and WriteTo keep io.Copy from going around the frames.

// ReadFrom implements io.ReaderFrom.
func (f *framed) ReadFrom(r io.Reader) (int64, error) {
	return io.CopyBuffer(struct{ io.Writer }{f}, struct{ io.Reader }{r}, make([]byte, maxFrame))
}

// WriteTo implements io.WriterTo.
func (f *framed) WriteTo(w io.Writer) (int64, error) {
	return io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{f}, make([]byte, maxFrame))
}
