//go:build linux

package dial

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Dialer makes the connections, in the process that holds a program.
type Dialer struct {
	// addresses are tried in order, the next one where nobody listens.
	addresses []netip.Addr
	// socket makes a socket in the program's network.
	socket func(family int) (fd int, err error)
	// over is closed when the program has ended.
	over  <-chan struct{}
	slots chan struct{}
	time  time.Duration // is Time
}

// NewDialer is a Dialer to the addresses, of which the first is what the program
// most likely listens on. socket is Socket, called where the program's network
// is; over is closed when the program has ended.
func NewDialer(addresses []netip.Addr, socket func(family int) (int, error), over <-chan struct{}) *Dialer {
	return &Dialer{addresses: addresses, socket: socket, over: over, slots: make(chan struct{}, atOnce), time: Time}
}

// Socket makes a TCP socket in the network of the calling thread. It belongs to
// that network for ever, whoever uses it.
func Socket(family int) (int, error) {
	return unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
}

// Answer connects to the port and hands the connection over to the other end of
// to. seal, which may be nil, goes around the answer's line. An error means that
// to is of no use any more.
func (d *Dialer) Answer(to *net.UnixConn, port uint16, seal func(answer string) string) error {
	if seal == nil {
		seal = func(answer string) string { return answer }
	}
	d.slots <- struct{}{}
	defer func() { <-d.slots }()
	select {
	case <-d.over:
		_, err := fmt.Fprintln(to, seal(answerEnded))
		return err
	default:
	}
	fd, err := d.connect(port)
	if err != nil {
		errno := unix.EIO
		errors.As(err, &errno)
		_, err := fmt.Fprintln(to, seal(fmt.Sprintf(answerError, int(errno), strings.ReplaceAll(err.Error(), "\n", " "))))
		return err
	}
	defer unix.Close(fd)
	_, _, err = to.WriteMsgUnix([]byte(seal(answerOK)+"\n"), unix.UnixRights(fd), nil)
	return err
}

// connect tries the addresses. Where the first refuses, another's failure means
// no more than that.
func (d *Dialer) connect(port uint16) (fd int, err error) {
	end := time.Now().Add(d.time)
	var refused error
	for _, a := range d.addresses {
		fd, err := d.connectTo(netip.AddrPortFrom(a, port), end)
		switch {
		case err == nil:
			return fd, nil
		case errors.Is(err, unix.ECONNREFUSED):
			if refused == nil {
				refused = err
			}
		case refused == nil:
			return -1, err
		}
	}
	return -1, refused
}

// connectTo answers a connected socket.
func (d *Dialer) connectTo(to netip.AddrPort, end time.Time) (int, error) {
	family, address := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()})
	if to.Addr().Is4() {
		family, address = unix.AF_INET, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	}
	fd, err := d.socket(family)
	if err != nil {
		return -1, fmt.Errorf("make a socket: %w", err)
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	err = unix.Connect(fd, address)
	if err == unix.EINPROGRESS || err == unix.EINTR {
		err = await(fd, end)
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("connect to %s: %w", to, err)
	}
	return fd, nil
}

// connected says whether a connection stands, or why there will be none.
func connected(fd int) (bool, error) {
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && n != 0 {
		err = unix.Errno(n)
	}
	if err != nil {
		return false, err
	}
	_, err = unix.Getpeername(fd)
	return err == nil, nil
}

// await waits until a connection stands or has failed, in the runtime's poller,
// which takes no thread. The poller gets a copy of the descriptor.
func await(fd int, end time.Time) error {
	if done, err := connected(fd); done || err != nil {
		return err // mostly: programs are on this machine
	}
	again, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(again), "connection")
	defer f.Close()
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	if err := f.SetWriteDeadline(end); err != nil {
		return err
	}
	var failed error
	err = raw.Write(func(fd uintptr) (done bool) {
		done, failed = connected(int(fd))
		return done || failed != nil
	})
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return unix.ETIMEDOUT
	}
	return errors.Join(err, failed)
}
