//go:build linux && !race

package http1

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// Quick is c with a Read and a Write that do not tell Go's scheduler of their system
// calls, which never wait, as sockets of Go's do not. On a busy machine such calls
// are often interrupted, and each time the scheduler would take them for waiting
// ones, give their processor to another thread, and look after it in short
// intervals: that takes a tenth of the time of the data path. Connections that are
// no sockets are left as they are.
//
// One goroutine may read and another write at a time.
func Quick(c net.Conn) net.Conn {
	has, ok := c.(syscall.Conn)
	if !ok {
		return c
	}
	raw, err := has.SyscallConn()
	if err != nil {
		return c
	}
	q := &quick{Conn: c, raw: raw}
	q.in.call, q.out.call = q.read, q.write
	return q
}

// quick is a connection with the state of the calls under way.
type quick struct {
	net.Conn
	raw     syscall.RawConn
	in, out struct {
		p    []byte
		n    int
		err  error
		call func(fd uintptr) bool
	}
}

// Read implements net.Conn.
func (q *quick) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	o := &q.in
	o.p, o.n, o.err = p, 0, nil
	err := q.raw.Read(o.call)
	o.p = nil
	switch {
	case err != nil:
		return 0, err
	case o.err != nil:
		return 0, q.failed("read", o.err)
	case o.n == 0:
		return 0, io.EOF
	}
	return o.n, nil
}

func (q *quick) read(fd uintptr) bool {
	n, errno := call(syscall.SYS_READ, fd, q.in.p)
	if errno == syscall.EAGAIN {
		return false
	}
	if q.in.n = n; errno != 0 {
		q.in.n, q.in.err = 0, errno
	}
	return true
}

// Write implements net.Conn.
func (q *quick) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	o := &q.out
	o.p, o.n, o.err = p, 0, nil
	err := q.raw.Write(o.call)
	o.p = nil
	if err == nil && o.err != nil {
		err = q.failed("write", o.err)
	}
	return o.n, err
}

func (q *quick) write(fd uintptr) bool {
	o := &q.out
	for o.n < len(o.p) {
		n, errno := call(syscall.SYS_WRITE, fd, o.p[o.n:])
		switch {
		case errno == syscall.EAGAIN:
			return false
		case errno != 0:
			o.err = errno
			return true
		}
		o.n += n
	}
	return true
}

// call reads into p, or writes it, without waiting.
func call(number, fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall(number, fd, uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
		if errno != syscall.EINTR {
			return int(n), errno
		}
	}
}

func (q *quick) failed(what string, err error) error {
	return &net.OpError{Op: what, Net: q.RemoteAddr().Network(), Source: q.LocalAddr(), Addr: q.RemoteAddr(), Err: os.NewSyscallError(what, err)}
}
