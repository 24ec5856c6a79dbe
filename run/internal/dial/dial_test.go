//go:build linux

package dial

import (
	"errors"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/run"
)

// ends is a unix connection.
func ends(t testing.TB) (server, holder *net.UnixConn) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a.(*net.UnixConn), b.(*net.UnixConn)
}

// through lets a Dialer connect to a port and answers what the server got.
func through(t *testing.T, d *Dialer, port int) (net.Conn, error) {
	t.Helper()
	server, holder := ends(t)
	go d.Answer(holder, uint16(port), nil)
	ctx, cancel := Within(t.Context())
	defer cancel()
	return Ask(ctx, server, "dial", nil)
}

func addresses(all ...string) (out []netip.Addr) {
	for _, a := range all {
		out = append(out, netip.MustParseAddr(a))
	}
	return out
}

// TestAddresses: the first address where somebody listens is taken, and where
// nobody does, the error says so whatever is wrong with the others.
func TestAddresses(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp4", "127.0.0.3:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	over := make(chan struct{})
	conn, err := through(t, NewDialer(addresses("127.0.0.2", "127.0.0.3"), Socket, over), port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.RemoteAddr().String(); got != l.Addr().String() {
		t.Errorf("reached %s", got)
	}
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		if on, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY); err != nil || on == 0 {
			t.Errorf("TCP_NODELAY: %d, %v", on, err)
		}
		if flags, err := unix.FcntlInt(fd, unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("programs would inherit it: %d, %v", flags, err)
		}
	})
	noV6 := func(family int) (int, error) {
		if family == unix.AF_INET6 {
			return -1, unix.EAFNOSUPPORT
		}
		return Socket(family)
	}
	_, err = through(t, NewDialer(addresses("127.0.0.2", "::1"), noV6, over), port)
	if !errors.Is(err, unix.ECONNREFUSED) || !strings.Contains(err.Error(), "127.0.0.2") {
		t.Errorf("nobody listens: %v", err)
	}
	_, err = through(t, NewDialer(addresses("::1"), noV6, over), port)
	if !errors.Is(err, unix.EAFNOSUPPORT) {
		t.Errorf("no socket: %v", err)
	}
	close(over)
	if _, err = through(t, NewDialer(addresses("127.0.0.3"), Socket, over), port); !errors.Is(err, run.ErrEnded) {
		t.Errorf("after the end: %v", err)
	}
}

// TestBusy: a program that accepts nothing holds up an attempt for a bounded time
// and no thread; once it accepts, the attempt succeeds.
func TestBusy(t *testing.T) {
	t.Parallel()
	fd, err := Socket(unix.AF_INET)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := name.(*unix.SockaddrInet4).Port
	d := NewDialer(addresses("127.0.0.1"), Socket, nil)
	first, err := through(t, d, port) // the queue takes one
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	hurried := NewDialer(addresses("127.0.0.1"), Socket, nil)
	hurried.time = 100 * time.Millisecond
	if _, err := through(t, hurried, port); !errors.Is(err, unix.ETIMEDOUT) {
		t.Errorf("got %v", err)
	}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			conn, err := through(t, d, port)
			if err != nil {
				t.Errorf("it accepts, but %v", err)
				return
			}
			conn.Close()
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for accepted := false; !accepted; {
		select {
		case <-done:
			accepted = true
		case <-time.After(5 * time.Millisecond):
			if got, _, err := unix.Accept(fd); err == nil {
				unix.Close(got)
			}
		}
	}
}
