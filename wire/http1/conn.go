package http1

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// The states of a connection. A stop closes it in one of them, unless it has left
// that state before.
const (
	idle    int32 = iota // between requests
	reading              // a head has begun
	busy                 // a request is answered
	closed
)

// lingers is how long a connection stays half open whose client may still be
// sending: closed at once it would lose the answer.
const lingers = 500 * time.Millisecond

// conn is a connection and what it needs for one request at a time.
type conn struct {
	net.Conn
	quick  net.Conn // the same, to read, and to write what is short
	server *Server
	state  atomic.Int32
	cancel context.CancelFunc

	buf      []byte
	from, to int // what of buf has been read and not yet used

	deadline     time.Time // of reading, as the connection has it
	bodyDeadline time.Time // as the handler wants it

	blank, request http.Request
	head           head
	body           body
	answer         answer
	watch          watch
}

func newConn(s *Server, inner net.Conn, head []byte) *conn {
	c := &conn{Conn: inner, quick: Quick(inner), server: s, buf: head[:cap(head)], to: len(head)}
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), http.LocalAddrContextKey, inner.LocalAddr()))
	c.cancel = cancel
	c.blank = *(&http.Request{RemoteAddr: inner.RemoteAddr().String()}).WithContext(ctx)
	c.answer.c, c.answer.body, c.watch.c = c, &c.body, c
	return c
}

// serve answers requests until the connection ends, or says that one is not for here.
func (c *conn) serve() (passed bool) {
	for {
		n, pass := c.readHead()
		if n == 0 {
			return pass
		}
		c.request = c.blank
		// One string for all names and values: they may be kept.
		if !c.head.parse(string(c.buf[c.from:c.from+n]), &c.request) ||
			!c.server.options.Accepts(c.request.Method, c.request.URL.Path) {
			return true
		}
		c.from += n
		if !c.state.CompareAndSwap(reading, busy) || !c.exchange() {
			return false
		}
		c.state.Store(idle)
		if c.server.stopping.Load() {
			return false
		}
	}
}

// readHead waits for a whole head and answers its length; 0 where there is none,
// with pass when what came is not for here.
func (c *conn) readHead() (n int, pass bool) {
	for limited := false; ; {
		if got := c.buf[c.from:c.to]; len(got) > 0 {
			c.state.CompareAndSwap(idle, reading)
			if i := bytes.Index(got, []byte("\r\n\r\n")); i >= 0 {
				return i + 4, false
			}
			if foreign(got) || len(got) >= maxHead {
				return 0, true
			}
			if !limited {
				limited = true
				c.setReadDeadline(time.Now().Add(c.server.options.HeadTime))
			}
		} else {
			c.from, c.to = 0, 0
			c.waitIdle()
		}
		c.room()
		k, err := c.quick.Read(c.buf[c.to:])
		if c.to == c.from && k > 0 && !c.state.CompareAndSwap(idle, reading) {
			return 0, false // a stop has closed it
		}
		if c.to += k; err != nil && k == 0 {
			return 0, false
		}
	}
}

// foreign says whether the beginning of a head can be of none that is taken here.
func foreign(b []byte) bool {
	const begin = http.MethodPost + " /"
	n := min(len(b), len(begin))
	if string(b[:n]) != begin[:n] {
		return true
	}
	for rest := b; ; { // net/http takes lines that end without \r
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			return false
		}
		if i == 0 || rest[i-1] != '\r' {
			return true
		}
		rest = rest[i+1:]
	}
}

// room makes room to read into.
func (c *conn) room() {
	if c.to < len(c.buf) {
		return
	}
	size := len(c.buf)
	if c.from == 0 {
		size = min(max(2*size, 4<<10), maxHead)
	}
	into := c.buf
	if size > len(into) {
		into = make([]byte, size)
	}
	c.to = copy(into, c.buf[c.from:c.to])
	c.from, c.buf = 0, into
}

// exchange answers the request that was read, and says whether the connection is
// good for another.
func (c *conn) exchange() bool {
	c.bodyDeadline = time.Time{}
	c.answer.reset()
	c.body.of(c, &c.request)
	whole := c.handle()
	c.watch.end()
	if !whole {
		return false
	}
	err := c.answer.end()
	c.watch.end() // which that may have begun
	if err != nil || c.answer.close {
		if err == nil && c.body.left > 0 {
			c.linger()
		}
		return false
	}
	return true
}

// handle calls the handler; false is for an answer that is to be cut.
func (c *conn) handle() (whole bool) {
	defer func() {
		v := recover()
		if err, is := v.(error); v != nil && !(is && errors.Is(err, http.ErrAbortHandler)) {
			c.server.options.Logger.Error("a handler panicked", "panic", v, slog.String("stack", string(debug.Stack())))
		}
	}()
	c.server.options.Handler.ServeHTTP(&c.answer, &c.request)
	return true
}

// linger lets the client read the answer before the connection is closed.
func (c *conn) linger() {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	timer := time.NewTimer(lingers)
	defer timer.Stop()
	<-timer.C
}

// past is a deadline that ends what waits.
var past = time.Unix(1, 0)

func (c *conn) setReadDeadline(t time.Time) {
	if !t.Equal(c.deadline) {
		c.deadline = t
		_ = c.SetReadDeadline(t) // fails on dead connections, as Read will
	}
}

// waitIdle sets the deadline of an idle connection, not at each request anew.
func (c *conn) waitIdle() {
	most := c.server.options.IdleTime
	now := time.Now()
	if left := c.deadline.Sub(now); left < most-most/8 || left > most {
		c.setReadDeadline(now.Add(most))
	}
}

// read reads a body from the connection.
func (c *conn) read(p []byte) (int, error) {
	c.setReadDeadline(c.bodyDeadline)
	return c.quick.Read(p)
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
