package proxy

import (
	"context"
	"errors"
	"io"
	"time"
)

// writerGrace is what the writer of a long request has to return after the whole
// answer has come. It normally has long ended.
const writerGrace = 20 * time.Millisecond

// answer is the answer of a container whose head has been read. It holds a
// connection until it is closed.
type answer struct {
	head
	body body
	// instance is who answers, counted in until close; from is the container.
	instance *Instance
	from     *container

	pool    *pool
	conn    *conn
	ctx     context.Context
	stop    func() bool
	writing chan error // of a long request's writer
	spent   bool
	pause   time.Duration // between two parts, 0 for no limit of their own
	until   time.Time
	done    func() // of a model among many, nil for others
}

// Read reads the body. When the client is gone its error is that of the context.
func (a *answer) Read(p []byte) (int, error) {
	if a.pause > 0 {
		if now := time.Now(); a.until.Sub(now) < a.pause/2 {
			a.until = now.Add(a.pause)
			_ = a.conn.SetReadDeadline(a.until)
			// What a context's end has set may just have been undone.
			if a.ctx.Err() != nil {
				return 0, a.ctx.Err()
			}
		}
	}
	// A container may wait for that before it sends more.
	if c := a.conn; c != nil && c.ack != nil && c.r.Buffered() == 0 {
		c.ack()
	}
	n, err := a.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && a.ctx.Err() != nil {
		err = a.ctx.Err()
	}
	return n, err
}

// more says that a part of the body is here already. Behind the data of a chunk there
// is at least its line end, which is no part of it.
func (a *answer) more() bool { return a.body.r.Buffered() > 0 && a.body.left != 0 && !a.body.done }

// close ends the exchange: the connection is kept if the answer was read to its end.
func (a *answer) close() {
	if a.instance != nil {
		a.instance.leave()
		a.instance = nil
	}
	if a.done != nil {
		a.done()
		a.done = nil
	}
	if a.conn == nil {
		return
	}
	if !a.body.done || a.spent || !a.written() || !a.stop() || a.conn.r.Buffered() > 0 {
		a.drop()
		return
	}
	a.pool.put(a.conn, time.Now())
	a.conn = nil
}

// written says whether the request was written to its end.
func (a *answer) written() bool {
	if a.writing == nil {
		return true
	}
	select {
	case err := <-a.writing:
		a.writing = nil
		return err == nil
	case <-time.After(writerGrace):
		return false
	}
}

// drop closes the connection, and waits until nobody reads the request any more.
func (a *answer) drop() {
	a.stop()
	_ = a.conn.Close()
	if a.writing != nil {
		<-a.writing
		a.writing = nil
	}
	a.conn = nil
}
