package proxy

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// acknowledger has the system acknowledge at once what has come on a connection,
// nil where there is nothing to acknowledge. A server that writes its head and its
// body in two segments, as Python's own and many others do, sends the second when
// the first was acknowledged (Nagle); the system would do that 40 ms later, in the
// hope of something to send along.
func acknowledger(c net.Conn) func() {
	has, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	if _, tcp := c.RemoteAddr().(*net.TCPAddr); !tcp {
		return nil
	}
	raw, err := has.SyscallConn()
	if err != nil {
		return nil
	}
	now := func(fd uintptr) {
		// It is only slower without.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
	}
	return func() { _ = raw.Control(now) }
}
