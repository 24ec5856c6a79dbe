package edge

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// headGrace is how long a stop waits for the rest of a request's head.
const headGrace = 100 * time.Millisecond

// newcomers are the connections that net/http has taken and that have not sent
// a whole request yet, such as those that clients open ahead of need. To net/http
// they count as busy for their first five seconds, which would hold up every stop.
type newcomers struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// note is the http.Server's ConnState.
func (n *newcomers) note(c net.Conn, state http.ConnState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if state != http.StateNew {
		delete(n.conns, c)
		return
	}
	if n.conns == nil {
		n.conns = map[net.Conn]struct{}{}
	}
	n.conns[c] = struct{}{}
}

// close ends them.
func (n *newcomers) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		// In the background, because TLS says goodbye to a client that may not listen.
		go c.Close()
	}
	clear(n.conns)
}

// drain waits for the requests under way, and for nothing else.
func (s *Server) drain(ctx context.Context) error {
	s.stopDialling()
	timer := time.AfterFunc(headGrace, s.newcomers.close)
	defer timer.Stop()
	if s.fast == nil {
		return s.http.Shutdown(ctx)
	}
	fast := make(chan error, 1)
	go func() { fast <- s.fast.Shutdown(ctx) }()
	return errors.Join(s.http.Shutdown(ctx), <-fast)
}

// dial opens the far end of a tunnel. A stop does not wait for hosts that do not
// answer.
func (s *Server) dial(ctx context.Context, target string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.dialling, cancel)()
	return s.upstream.dial(ctx, target)
}
