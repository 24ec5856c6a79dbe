package edge

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxTunnels = 1024
	// tunnelIdle closes a tunnel through which nothing has gone either way.
	tunnelIdle = 10 * time.Minute
)

// tunnels are the connections that the proxy passes on, with their bound.
type tunnels struct {
	mu     sync.Mutex
	open   int
	conns  map[net.Conn]struct{}
	closed bool
}

// enter takes a place; false when there is none.
func (t *tunnels) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.open >= maxTunnels {
		return false
	}
	t.open++
	return true
}

func (t *tunnels) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open--
}

// run copies both ways until both ends have said all, one breaks, or nothing
// has moved for tunnelIdle. An end that has said all may still listen: closing
// is passed on one half at a time. fromA reads a, with what was read of it before.
func (t *tunnels) run(a net.Conn, fromA io.Reader, b net.Conn) {
	if !t.track(a, b) {
		return
	}
	defer t.forget(a, b)
	var moved atomic.Int64
	var wg sync.WaitGroup
	pipe := func(dst, src net.Conn, from io.Reader) {
		defer wg.Done()
		if err := pump(dst, src, from, &moved, tunnelIdle); err != nil {
			a.Close()
			b.Close()
			return
		}
		if half, ok := dst.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
			dst.Close()
		}
	}
	wg.Add(2)
	go pipe(b, a, fromA)
	pipe(a, b, b)
	wg.Wait()
}

// pump copies from src (read through from) to dst. It gives up with
// os.ErrDeadlineExceeded when neither it nor its twin, which counts in the same
// moved, has got anything for the idle time.
func pump(dst, src net.Conn, from io.Reader, moved *atomic.Int64, idle time.Duration) error {
	buf := make([]byte, 32<<10)
	for {
		before := moved.Load()
		if err := src.SetReadDeadline(time.Now().Add(idle)); err != nil {
			return err
		}
		n, err := from.Read(buf)
		moved.Add(int64(n))
		if n > 0 {
			if err := dst.SetWriteDeadline(time.Now().Add(idle)); err != nil {
				return err
			}
			if _, err := dst.Write(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded) && moved.Load() != before:
			// The other direction is busy.
		case err != nil:
			return err
		}
	}
}

func (t *tunnels) track(conns ...net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	if t.conns == nil {
		t.conns = map[net.Conn]struct{}{}
	}
	for _, c := range conns {
		t.conns[c] = struct{}{}
	}
	return true
}

func (t *tunnels) forget(conns ...net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range conns {
		delete(t.conns, c)
	}
}

// closeAll ends every tunnel and lets no more begin.
func (t *tunnels) closeAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for c := range t.conns {
		c.Close()
	}
}
