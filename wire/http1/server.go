package http1

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Options of a Server.
type Options struct {
	// Handler answers the requests.
	Handler http.Handler
	// Accepts says whether requests of that method and path, which is as it was sent
	// and has no query, are served here.
	Accepts func(method, path string) bool
	// HeadTime is what a head may take from its first byte on, IdleTime how long a
	// connection is kept without a request, at least seven eighths of it; 0 are 30
	// seconds and 3 minutes.
	HeadTime, IdleTime time.Duration
	// Logger takes handlers' panics; nil is nobody.
	Logger *slog.Logger
}

// Server serves connections. It is safe for concurrent use.
type Server struct {
	options  Options
	date     atomic.Pointer[stamp]
	stopping atomic.Bool

	mu      sync.Mutex
	conns   map[*conn]struct{}
	serving sync.WaitGroup
}

// New makes a Server.
func New(o Options) *Server {
	if o.HeadTime <= 0 {
		o.HeadTime = 30 * time.Second
	}
	if o.IdleTime <= 0 {
		o.IdleTime = 3 * time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Server{options: o, conns: map[*conn]struct{}{}}
}

// Serve answers the requests that come on c, of which head has been read already.
// It returns when the connection has ended, which it then has closed; or, with
// passed, when a request came that is not for here. Then the connection is as it
// was before that request, of which rest has been read, and takes no deadline
// along. rest is the caller's.
func (s *Server) Serve(c net.Conn, head []byte) (rest []byte, passed bool) {
	served := newConn(s, c, head)
	if !s.add(served) {
		_ = c.Close()
		return nil, false
	}
	defer s.remove(served)
	if served.serve() {
		served.setReadDeadline(time.Time{})
		return served.buf[served.from:served.to], true
	}
	_ = c.Close()
	return nil, false
}

func (s *Server) add(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping.Load() {
		return false
	}
	s.conns[c] = struct{}{}
	s.serving.Add(1)
	return true
}

func (s *Server) remove(c *conn) {
	c.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.serving.Done()
}

// headGrace is how long a stop waits for the rest of a request's head.
const headGrace = 100 * time.Millisecond

// Shutdown ends the connections that have no request, waits for the requests under
// way until ctx ends, and then cuts what is left, whose error it answers.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopping.Store(true)
	s.mu.Unlock()
	s.closeAll(idle)
	timer := time.AfterFunc(headGrace, func() { s.closeAll(reading) })
	defer timer.Stop()
	ended := make(chan struct{})
	go func() { s.serving.Wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		s.closeAll(busy)
		return errors.Join(errors.New("http1: requests were cut"), ctx.Err())
	}
}

// closeAll closes the connections in that state.
func (s *Server) closeAll(state int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if c.state.CompareAndSwap(state, closed) {
			_ = c.Close()
		}
	}
}

// stamp is the Date of a second.
type stamp struct {
	second int64
	line   string
}

func (s *Server) appendDate(b []byte, now time.Time) []byte {
	d := s.date.Load()
	if d == nil || d.second != now.Unix() {
		d = &stamp{now.Unix(), "Date: " + now.UTC().Format(http.TimeFormat) + "\r\n"}
		s.date.Store(d)
	}
	return append(b, d.line...)
}
