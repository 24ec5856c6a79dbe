package fake

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/sagebrush/sagebrush/run"
)

// door is the only port of a program. Both ends of its connections are sockets of
// the kernel, which buffer and close as those of TCP do, but have no address.
type door struct {
	mu     sync.Mutex
	port   int // 0 while nobody listens
	knocks chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newDoor() *door {
	return &door{knocks: make(chan net.Conn), closed: make(chan struct{})}
}

// open begins to listen.
func (d *door) open(port int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.port = port
}

// isOpen says whether somebody listens on a port.
func (d *door) isOpen(port int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.port != 0 && d.port == port
}

// Accept implements net.Listener.
func (d *door) Accept() (net.Conn, error) {
	select {
	case c := <-d.knocks:
		return c, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (d *door) Close() error {
	d.once.Do(func() { close(d.closed) })
	return nil
}

// Addr implements net.Listener.
func (d *door) Addr() net.Addr { return &net.UnixAddr{Net: "unix"} }

// Dial implements run.Process.
func (p *program) Dial(ctx context.Context, port int) (net.Conn, error) {
	if port < 1 || port > 1<<16-1 {
		return nil, fmt.Errorf("fake: %d is no TCP port", port)
	}
	if err := p.over(); err != nil {
		return nil, err
	}
	if !p.door.isOpen(port) {
		return nil, fmt.Errorf("fake: connect to port %d: %w", port, syscall.ECONNREFUSED)
	}
	mine, theirs, err := pair()
	if err != nil {
		return nil, fmt.Errorf("fake: %w", err)
	}
	select {
	case p.door.knocks <- theirs:
		return mine, nil
	case <-p.door.closed:
		if err = p.over(); err == nil { // it is about to end
			err = fmt.Errorf("fake: connect to port %d: %w", port, syscall.ECONNREFUSED)
		}
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	mine.Close()
	theirs.Close()
	return nil, err
}

// over is why the program will never listen again, nil while it runs.
func (p *program) over() error {
	if p.isLost() {
		return run.ErrLost
	}
	select {
	case <-p.done:
		return run.ErrEnded
	default:
		return nil
	}
}

// pair is the two ends of a connection.
func pair() (a, b net.Conn, err error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	for _, fd := range fds {
		if err == nil {
			syscall.CloseOnExec(fd)
		}
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, err
	}
	x, y := os.NewFile(uintptr(fds[0]), "connection"), os.NewFile(uintptr(fds[1]), "connection")
	defer x.Close() // connections are made of copies
	defer y.Close()
	if a, err = net.FileConn(x); err != nil {
		return nil, nil, err
	}
	if b, err = net.FileConn(y); err != nil {
		a.Close()
		return nil, nil, err
	}
	return a, b, nil
}
