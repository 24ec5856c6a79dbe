// Package relay leads connections from one listener to another address, both
// ways at once, for containers that reach the server across the border of their
// network.
package relay

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// limit bounds the connections of one listener at a time; more wait.
const limit = 512

// Serve accepts connections until l is closed and joins each with one that dial
// makes. A connection that cannot be led on is closed.
func Serve(l net.Listener, dial func() (net.Conn, error)) {
	free := make(chan struct{}, limit)
	for {
		free <- struct{}{}
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			<-free
			time.Sleep(100 * time.Millisecond) // out of files: some will be closed
			continue
		}
		go func() {
			defer func() { <-free }()
			defer conn.Close()
			to, err := dial()
			if err != nil {
				return
			}
			defer to.Close()
			join(conn, to)
		}()
	}
}

// join copies both ways until both have ended. The end of one direction is
// passed on, the other goes on.
func join(a, b net.Conn) {
	var both sync.WaitGroup
	pass := func(to, from net.Conn) {
		if _, err := io.Copy(to, from); err != nil {
			to.Close() // broken, not ended
			from.Close()
			return
		}
		if half, ok := to.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		}
	}
	both.Go(func() { pass(a, b) })
	both.Go(func() { pass(b, a) })
	both.Wait()
}
