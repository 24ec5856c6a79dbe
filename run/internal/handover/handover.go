//go:build linux

// Package handover hands the server a connection to a port of a program that lives
// in another network: whoever holds the program makes the socket there, connects
// it, and passes it over the unix socket on which the server asked (SCM_RIGHTS). No
// byte goes through the holder afterwards.
package handover

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The request, and its answers: the connected socket beside a word, or the number
// of the error.
const (
	request = "dial %d"
	given   = "dialled\n"
	refused = "not dialled %d\n"
)

// patience bounds a connection on the program's own interfaces.
const patience = 2 * time.Second

// Ask asks for a connection to a port and takes it. It closes control.
func Ask(ctx context.Context, control net.Conn, port int) (net.Conn, error) {
	defer control.Close()
	defer context.AfterFunc(ctx, func() { control.Close() })()
	conn, err := ask(control.(*net.UnixConn), port)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return conn, err
}

func ask(control *net.UnixConn, port int) (net.Conn, error) {
	if _, err := fmt.Fprintf(control, request+"\n", port); err != nil {
		return nil, err
	}
	text, rights := make([]byte, 64), make([]byte, unix.CmsgSpace(4))
	n, nRights, _, _, err := control.ReadMsgUnix(text, rights)
	if err != nil {
		return nil, err
	}
	var number int
	if _, err := fmt.Sscanf(string(text[:n]), refused, &number); err == nil {
		return nil, syscall.Errno(number)
	}
	f, err := received(rights[:nRights])
	if err != nil {
		return nil, err
	}
	defer f.Close() // FileConn has its own
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		return tcp, nil
	}
	return nil, errors.Join(errors.New("what the program's holder has passed is no TCP connection"), conn.Close())
}

// received is the descriptor in a message.
func received(rights []byte) (*os.File, error) {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return nil, err
	}
	if len(messages) == 0 {
		return nil, errors.New("the program was started by a version of the server that cannot connect to it: start it again")
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return nil, err
	}
	unix.CloseOnExec(fds[0])
	return os.NewFile(uintptr(fds[0]), "connection"), nil
}

// Asked says whether a line is a request, and for which port.
func Asked(line string) (port int, ok bool) {
	_, err := fmt.Sscanf(line, request, &port)
	return port, err == nil
}

// Give answers a request with a connection to the first of the addresses that takes
// one. socket makes an IPv4 stream socket, close-on-exec and non-blocking, in the
// network of the program.
func Give(to net.Conn, port int, addresses []netip.Addr, socket func() (int, error)) {
	fd, err := dial(port, addresses, socket)
	if err != nil {
		number := unix.ECONNREFUSED
		errors.As(err, &number)
		fmt.Fprintf(to, refused, int(number))
		return
	}
	defer unix.Close(fd)
	_, _, _ = to.(*net.UnixConn).WriteMsgUnix([]byte(given), unix.UnixRights(fd), nil) // whoever asked may be gone
}

// Socket makes a socket as Give wants it, in the network of the calling thread.
func Socket() (int, error) {
	return unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
}

// Local are the IPv4 addresses of the network of this process, 127.0.0.1 first.
func Local() []netip.Addr {
	list := []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	own, _ := net.InterfaceAddrs() // without them there is still the first
	for _, a := range own {
		prefix, err := netip.ParsePrefix(a.String())
		if err == nil && prefix.Addr().Is4() && !prefix.Addr().IsLoopback() {
			list = append(list, prefix.Addr())
		}
	}
	return list
}

func dial(port int, addresses []netip.Addr, socket func() (int, error)) (fd int, err error) {
	if port < 1 || port > 65535 {
		return 0, unix.EINVAL
	}
	err = unix.ECONNREFUSED
	for _, a := range addresses {
		if fd, err = socket(); err != nil {
			return 0, err
		}
		err = unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: a.As4()})
		if err == unix.EINPROGRESS {
			err = connected(fd)
		}
		if err == nil {
			return fd, nil
		}
		unix.Close(fd)
	}
	return 0, err
}

// connected waits for the end of connect.
func connected(fd int) error {
	for end := time.Now().Add(patience); ; {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, max(0, int(time.Until(end).Milliseconds())))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return err
		case n == 0:
			return unix.ETIMEDOUT
		}
		if number, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); err != nil || number != 0 {
			return errors.Join(err, unix.Errno(number))
		}
		return nil
	}
}
