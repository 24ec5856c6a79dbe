package statedir

import (
	"context"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Short calls fn with a short name of a directory, which is valid until fn
// returns: the path of a unix socket is limited to 107 bytes, and data
// directories may be deep.
func Short(dir string, fn func(short string) error) error {
	fd, err := unix.Open(dir, openPath|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: dir, Err: err}
	}
	defer unix.Close(fd)
	return fn(fmt.Sprintf("/proc/self/fd/%d", fd))
}

// Dial connects to the socket of a name in a directory; an error means that
// nobody listens.
func Dial(ctx context.Context, dir, name string) (conn net.Conn, err error) {
	err = Short(dir, func(short string) error {
		conn, err = (&net.Dialer{}).DialContext(ctx, "unix", short+"/"+name)
		return err
	})
	return conn, err
}

// Listen opens the socket that Dial connects to, in place of one that a process
// left which is dead: the caller holds the directory's lock. The socket's file
// stays when the listener is closed.
func Listen(dir, name string) (l net.Listener, err error) {
	err = Short(dir, func(short string) error {
		os.Remove(short + "/" + name)
		if l, err = net.Listen("unix", short+"/"+name); err != nil {
			return err
		}
		l.(*net.UnixListener).SetUnlinkOnClose(false)
		return nil
	})
	return l, err
}
