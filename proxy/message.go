package proxy

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"
)

// inline is the size up to which a request is written before its answer is
// waited for. More than sockets hold is written beside: a container may answer
// before it has read all, and would wait for us as we for it.
const inline = 32 << 10

// message is a request to a container. Nothing of the client's headers goes on
// but these (InvokeEndpoint-1).
type message struct {
	path, host                  string
	contentType, accept, custom string
	targetModel                 string
	body                        []byte
	// stream, of length bytes, is read in place of body. It goes out once: never into
	// a kept connection, which may turn out to have ended.
	stream *source
	length int64
}

// appendHead appends the request up to its body.
func (m *message) appendHead(b []byte) []byte {
	b = append(b, "POST "...)
	b = append(b, m.path...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, m.host...)
	for _, h := range [...]struct{ name, value string }{
		{"\r\nContent-Type: ", m.contentType}, {"\r\nAccept: ", m.accept},
		{"\r\nX-Amzn-SageMaker-Custom-Attributes: ", m.custom}, {"\r\nX-Amzn-SageMaker-Target-Model: ", m.targetModel},
	} {
		if h.value != "" {
			b = append(b, h.name...)
			b = append(b, h.value...)
		}
	}
	b = append(b, "\r\nContent-Length: "...)
	length := int64(len(m.body))
	if m.stream != nil {
		length = m.length
	}
	b = strconv.AppendInt(b, length, 10)
	return append(b, "\r\n\r\n"...)
}

// stale is a kept connection that ended before a byte of the answer came.
type stale struct{ err error }

// Error implements error.
func (s *stale) Error() string { return s.err.Error() }

// Unwrap gives the cause.
func (s *stale) Unwrap() error { return s.err }

// send sends m and waits for the head of the answer. A connection that had been
// kept and ended without a byte of an answer was most likely closed for being
// idle just then, so the request goes out once more, on a new one. The errors are
// *refused, garbage, and those of networks; that of ctx when it has ended.
func (p *pool) send(ctx context.Context, m *message, deadline time.Time) (*answer, error) {
	if m.stream != nil {
		// It is read once.
	} else if c := p.get(time.Now()); c != nil {
		a, err := p.exchange(ctx, c, m, deadline, true)
		var s *stale
		if !errors.As(err, &s) {
			return a, err
		}
	}
	c, err := p.dial(ctx)
	if err != nil {
		return nil, err
	}
	return p.exchange(ctx, c, m, deadline, false)
}

func (p *pool) exchange(ctx context.Context, c *conn, m *message, deadline time.Time, kept bool) (*answer, error) {
	_ = c.SetDeadline(deadline)
	a := &answer{pool: p, conn: c, ctx: ctx}
	a.stop = context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	sent := a.write(m)
	_, err := c.r.Peek(1)
	if err != nil {
		timedOut := isTimeout(err)
		if sent != nil && !timedOut {
			err = sent
		}
		a.drop()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case kept && !timedOut:
			return nil, &stale{err}
		}
		return nil, early(err)
	}
	// An answer may have come although the request could not be written to its
	// end: a container that refuses it need not read it.
	if a.head, err = readHead(c.r); err != nil {
		a.drop()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, early(err)
	}
	a.body = newBody(c.r, a.head)
	a.spent = a.head.close || sent != nil
	return a, nil
}

// write sends the request, a long one beside.
func (a *answer) write(m *message) error {
	c := a.conn
	c.out = m.appendHead(c.out[:0])
	if m.stream != nil {
		a.writing = make(chan error, 1)
		go func() { a.writing <- m.stream.send(c, c.out, m.length) }()
		return nil
	}
	if len(m.body) <= inline {
		c.out = append(c.out, m.body...)
		_, err := c.quick.Write(c.out)
		return err
	}
	a.writing = make(chan error, 1)
	go func() {
		parts := net.Buffers{c.out, m.body}
		_, err := parts.WriteTo(c.Conn)
		a.writing <- err
	}()
	return nil
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
