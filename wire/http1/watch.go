package http1

import (
	"sync"
	"time"
)

// watchAfter is how long an answer takes before somebody looks whether the client
// is still there. Most are there by then.
const watchAfter = 10 * time.Millisecond

// watch ends a connection's context when its client has hung up while it waits for
// an answer. Between begin and end nobody else reads the connection.
type watch struct {
	c     *conn
	timer *time.Timer
	armed bool
	done  chan struct{} // has one for each time that look has run

	mu    sync.Mutex
	ended bool
}

// begin watches from watchAfter on.
func (w *watch) begin() {
	// A client that has sent more already is there.
	if w.armed || w.c.from < w.c.to {
		return
	}
	w.armed = true
	if w.timer == nil {
		w.done = make(chan struct{}, 1)
		w.timer = time.AfterFunc(watchAfter, w.look)
		return
	}
	w.timer.Reset(watchAfter)
}

// look reads the connection, where nothing should come.
func (w *watch) look() {
	defer func() { w.done <- struct{}{} }()
	c := w.c
	w.mu.Lock()
	if !w.ended {
		_ = c.SetReadDeadline(time.Time{}) // an answer may take longer than a connection is kept
	}
	w.mu.Unlock()
	n, err := c.quick.Read(c.buf[:1])
	if n > 0 { // the next request begins
		c.from, c.to = 0, n
		return
	}
	if err != nil && !isTimeout(err) {
		c.cancel()
	}
}

// end stops watching. The connection can be read again.
func (w *watch) end() {
	if !w.armed {
		return
	}
	w.armed = false
	if w.timer.Stop() {
		return
	}
	w.mu.Lock()
	w.ended = true
	w.c.deadline = past // set anyway: look may just have undone it
	_ = w.c.SetReadDeadline(past)
	w.mu.Unlock()
	<-w.done
	w.ended = false
}
