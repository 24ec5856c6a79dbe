package proxy

import (
	"bufio"
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/sagebrush/sagebrush/wire/http1"
)

const (
	// maxIdle bounds the unused connections that are kept for a container.
	maxIdle = DefaultQueue
	// idleFor is how long one is kept: shorter than the 2 seconds after which
	// gunicorn, the most impatient of the usual servers, closes it. A request is
	// then rarely sent into a connection that is just being closed.
	idleFor = 1500 * time.Millisecond
	// dialTime is what a container has to accept a connection (Host-4).
	dialTime = 250 * time.Millisecond
)

// conn is a connection to a container.
type conn struct {
	net.Conn
	quick net.Conn // the same, to read, and to write what is short
	r     *bufio.Reader
	since time.Time // idle since
	out   []byte    // scratch for requests
	ack   func()    // acknowledges what has come, nil for no need
}

// pool keeps the connections to a container that nobody uses, the latest last.
type pool struct {
	open func(ctx context.Context) (net.Conn, error)

	mu     sync.Mutex
	idle   []*conn
	closed bool
}

// get takes a connection out that has been used before, nil when there is none.
func (p *pool) get(now time.Time) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	c := p.idle[n-1]
	if now.Sub(c.since) > idleFor { // then so are all others
		p.drop(n)
		return nil
	}
	p.idle[n-1] = nil
	p.idle = p.idle[:n-1]
	return c
}

// put gives a connection back that is good for another request.
func (p *pool) put(c *conn, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) >= maxIdle {
		_ = c.Close()
		return
	}
	if len(p.idle) > 0 && now.Sub(p.idle[0].since) > idleFor {
		p.drop(1)
	}
	c.since = now
	p.idle = append(p.idle, c)
}

// keep undoes close.
func (p *pool) keep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = false
}

// close closes what is idle now, and what is given back later.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.drop(len(p.idle))
}

// drop closes the n oldest.
func (p *pool) drop(n int) {
	for _, c := range p.idle[:n] {
		_ = c.Close()
	}
	kept := copy(p.idle, p.idle[n:])
	clear(p.idle[kept:])
	p.idle = p.idle[:kept]
}

// refused is a connection that did not come about: nothing was sent.
type refused struct{ err error }

// Error implements error.
func (r *refused) Error() string { return "connect to the container: " + r.err.Error() }

// Unwrap gives the cause.
func (r *refused) Unwrap() error { return r.err }

// dial opens a connection. The error is a *refused, unless ctx has ended.
func (p *pool) dial(ctx context.Context) (*conn, error) {
	limited, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	for {
		raw, err := p.open(limited)
		switch {
		case err == nil:
			quick := http1.Quick(raw)
			return &conn{Conn: raw, quick: quick, r: bufio.NewReaderSize(quick, readBuffer), ack: acknowledger(raw)}, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !errors.Is(err, syscall.EAGAIN):
			return nil, &refused{err}
		}
		// A unix socket says at once that its queue is full, where TCP would wait.
		select {
		case <-time.After(5 * time.Millisecond):
		case <-limited.Done():
			return nil, &refused{err}
		}
	}
}
