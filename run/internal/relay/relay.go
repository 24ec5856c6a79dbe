// Package relay leads connections from a listener to another address, both ways
// at once, for programs that reach the server across the border of their network.
package relay

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Limit is how many connections one listener carries at once; more wait.
const Limit = 512

// Serve accepts connections until l is closed and joins each with one that dial
// makes. A connection that cannot be led on is reset.
func Serve(l net.Listener, dial func() (net.Conn, error)) {
	slots := make(chan struct{}, Limit)
	for {
		slots <- struct{}{}
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			<-slots
			time.Sleep(100 * time.Millisecond) // out of files: some will be closed
			continue
		}
		go func() {
			defer func() { <-slots }()
			to, err := dial()
			if err != nil {
				reset(conn)
				return
			}
			join(conn, to)
		}()
	}
}

// join copies both ways until both directions have ended or one broke. The end
// of one is passed on, and the other goes on; a break resets both, so that nobody
// takes half an answer for a whole one.
func join(a, b net.Conn) {
	var both sync.WaitGroup
	pass := func(to, from net.Conn) {
		_, err := io.Copy(to, from) // between TCP connections in the kernel, by splice
		if half, ok := to.(interface{ CloseWrite() error }); ok && err == nil {
			err = half.CloseWrite()
		}
		if err != nil && !errors.Is(err, net.ErrClosed) {
			reset(a)
			reset(b)
		}
	}
	both.Go(func() { pass(a, b) })
	both.Go(func() { pass(b, a) })
	both.Wait()
	a.Close()
	b.Close()
}

// reset closes a connection in a way that the peer can tell from an end.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Close()
}
