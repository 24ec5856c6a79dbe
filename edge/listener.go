package edge

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sagebrush/sagebrush/wire/http1"
)

const (
	recordHandshake = 0x16 // the first byte of a TLS connection
	// sniffTimeout is how long a connection may stay silent at its start.
	sniffTimeout = 30 * time.Second
	// firstRead is how much is read of a connection at first, in bytes.
	firstRead = 4 << 10
	// maxConnections bounds the open connections; more wait in the system's queue.
	maxConnections = 8192
)

// listener is a net.Listener whose connections have said their first bytes, so
// it knows which of them speak TLS. Connections come from the port and, after
// a CONNECT, from the proxy (offer).
type listener struct {
	inner  net.Listener
	config *tls.Config   // nil: no TLS
	fast   *http1.Server // nil: none
	logger *slog.Logger

	ready chan net.Conn
	slots chan struct{}
	done  chan struct{}
	stop  func()
}

func newListener(inner net.Listener, config *tls.Config, fast *http1.Server, logger *slog.Logger) *listener {
	l := &listener{
		inner: inner, config: config, fast: fast, logger: logger,
		ready: make(chan net.Conn),
		slots: make(chan struct{}, maxConnections),
		done:  make(chan struct{}),
	}
	l.stop = sync.OnceFunc(func() { close(l.done) })
	go l.acceptAll()
	return l
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.ready:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return l.inner.Addr() }

// Close implements net.Listener.
func (l *listener) Close() error {
	l.stop()
	return l.inner.Close()
}

func (l *listener) acceptAll() {
	const maxPause = time.Second
	pause := 5 * time.Millisecond
	for {
		select {
		case l.slots <- struct{}{}:
		case <-l.done:
			return
		}
		c, err := l.inner.Accept()
		if err == nil {
			pause = 5 * time.Millisecond
			go l.sniff(&conn{Conn: c, release: sync.OnceFunc(func() { <-l.slots })})
			continue
		}
		<-l.slots
		if errors.Is(err, net.ErrClosed) {
			l.stop()
			return
		}
		// Out of file descriptors, most likely: connections that end free some.
		l.logger.Warn("accepting a connection failed", "error", err, "retry_in", pause)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-l.done:
			timer.Stop()
			return
		}
		pause = min(2*pause, maxPause)
	}
}

// sniff waits for the first bytes and hands the connection on.
func (l *listener) sniff(c *conn) {
	if len(c.head) == 0 {
		// Exactly one of the two has the connection after the first bytes: a stop
		// that comes later must not cut the request that they begin.
		var taken atomic.Bool
		spoke := make(chan struct{})
		defer close(spoke)
		go func() {
			select {
			case <-l.done:
				if taken.CompareAndSwap(false, true) {
					c.Close()
				}
			case <-spoke:
			}
		}()
		buf := make([]byte, firstRead)
		_ = c.SetReadDeadline(time.Now().Add(sniffTimeout)) // fails on dead connections, as Read will
		n, err := c.Conn.Read(buf)
		if n == 0 {
			if err != nil && !errors.Is(err, io.EOF) {
				l.logger.Debug("a connection said nothing", "remote", c.RemoteAddr().String(), "error", err)
			}
			c.Close()
			return
		}
		if !taken.CompareAndSwap(false, true) {
			return // closed by the stop
		}
		_ = c.SetReadDeadline(time.Time{})
		c.head = buf[:n]
	}
	var out net.Conn = c
	if c.head[0] == recordHandshake && l.config != nil {
		out = tls.Server(c, l.config)
	} else if l.fast != nil {
		// The connection itself, without what reads c.head again.
		inner, head := c.Conn, c.head
		c.head = nil
		rest, passed := l.fast.Serve(inner, head)
		if !passed {
			c.Close()
			return
		}
		c.head = rest
	}
	select {
	case l.ready <- out:
	case <-l.done:
		c.Close()
	}
}

// offer serves a connection that a CONNECT request has opened.
func (l *listener) offer(c net.Conn, head []byte) {
	go l.sniff(&conn{Conn: c, head: head, release: func() {}})
}

// conn is a connection of which the first bytes have been read.
type conn struct {
	net.Conn
	head    []byte
	release func()
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.head) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.head)
	if c.head = c.head[n:]; len(c.head) == 0 {
		c.head = nil
	}
	return n, nil
}

// ReadFrom lets the kernel copy files to plain connections (sendfile), which is
// what large downloads are made of.
func (c *conn) ReadFrom(r io.Reader) (int64, error) {
	if rf, ok := c.Conn.(io.ReaderFrom); ok {
		return rf.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{c.Conn}, r)
}

// CloseWrite ends the sending half only.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.release()
	return c.Conn.Close()
}
