package http1

import (
	"net"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

const (
	// held is how much of an answer of unknown length is kept back, in the hope
	// that its end comes.
	held = 2 << 10
	// gathered is how much goes out at once, if that comes in small parts.
	gathered = 4 << 10
	// skipped is how much of a body is passed over that nobody wanted.
	skipped = 256 << 10
)

// answer is the http.ResponseWriter of a connection.
type answer struct {
	c      *conn
	body   *body
	header http.Header
	status int // 0 until the handler says
	begun  bool
	// length is Content-Length, -1 for an answer in chunks.
	length, sent int64
	close        bool
	held, out    []byte
	err          error
}

// reset makes it that of a new request.
func (a *answer) reset() {
	if a.header == nil {
		a.header = make(http.Header, 8)
	}
	clear(a.header)
	*a = answer{c: a.c, body: a.body, header: a.header, length: -1, held: a.held[:0], out: a.out[:0]}
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter. Interim answers are left out: no
// client of this path waits for one.
func (a *answer) WriteHeader(status int) {
	if a.status != 0 || status < 200 {
		return
	}
	a.status = status
	if !a.hasBody() {
		a.begin(-1)
		return
	}
	if v := a.header["Content-Length"]; len(v) > 0 {
		if n, ok := parseLength(v[0]); ok {
			a.begin(n)
			return
		}
		delete(a.header, "Content-Length")
	}
}

func (a *answer) hasBody() bool {
	return a.status != http.StatusNoContent && a.status != http.StatusNotModified
}

// Write implements io.Writer.
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	switch {
	case !a.hasBody():
		return 0, http.ErrBodyNotAllowed
	case a.begun:
	case len(a.held)+len(p) <= held:
		a.held = append(a.held, p...)
		return len(p), nil
	default:
		a.begin(-1)
	}
	return a.write(p)
}

// begin decides on the head, whose length is known or -1.
func (a *answer) begin(length int64) {
	a.begun, a.length = true, length
	// Before the head: a client may read only when it has sent all.
	if !a.body.skip(skipped) {
		a.close = true
	}
	if a.c.server.stopping.Load() || len(a.header["Connection"]) > 0 && strings.EqualFold(a.header["Connection"][0], "close") {
		a.close = true
	}
	a.appendHead()
	if len(a.held) > 0 {
		_, _ = a.write(a.held) // its error stays
	}
}

func (a *answer) appendHead() {
	b := append(a.out, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(a.status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(a.status)...)
	b = append(b, "\r\n"...)
	for key, values := range a.header {
		switch key {
		case "Content-Length", "Connection", "Transfer-Encoding", "Date":
			continue
		}
		if !isName(key) {
			continue
		}
		for _, v := range values {
			b = append(b, key...)
			b = append(b, ": "...)
			b = appendValue(b, v)
			b = append(b, "\r\n"...)
		}
	}
	if values, given := a.header["Date"]; !given {
		b = a.c.server.appendDate(b, time.Now())
	} else if len(values) > 0 {
		b = append(appendValue(append(b, "Date: "...), values[0]), "\r\n"...)
	}
	switch {
	case !a.hasBody():
	case a.length >= 0:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, a.length, 10)
		b = append(b, "\r\n"...)
	default:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	if a.close {
		b = append(b, "Connection: close\r\n"...)
	}
	a.out = append(b, "\r\n"...)
}

// isName says whether key is a header's name in any form.
func isName(key string) bool {
	for i := range len(key) {
		if !nameByte[key[i]] {
			return false
		}
	}
	return key != ""
}

// appendValue appends a header's value without what would end it.
func appendValue(b []byte, v string) []byte {
	n := len(b)
	b = append(b, textproto.TrimString(v)...)
	for i, c := range b[n:] {
		if c == '\r' || c == '\n' {
			b[n+i] = ' '
		}
	}
	return b
}

// write sends a part of the body behind the head.
func (a *answer) write(p []byte) (int, error) {
	switch {
	case a.err != nil:
		return 0, a.err
	case len(p) == 0:
		return 0, nil
	case a.length < 0:
		a.out = strconv.AppendInt(a.out, int64(len(p)), 16)
		a.out = append(a.out, "\r\n"...)
	case a.sent+int64(len(p)) > a.length:
		a.close = true
		return 0, http.ErrContentLength
	}
	a.sent += int64(len(p))
	if len(a.out)+len(p) <= gathered {
		a.out = append(a.out, p...)
	} else {
		parts := net.Buffers{a.out, p}
		if _, a.err = parts.WriteTo(a.c.Conn); a.err != nil {
			return 0, a.err
		}
		a.out = a.out[:0]
	}
	if a.length < 0 {
		a.out = append(a.out, "\r\n"...)
	}
	return len(p), nil
}

// FlushError sends what was gathered. It is for http.ResponseController.
func (a *answer) FlushError() error {
	a.WriteHeader(http.StatusOK)
	if !a.begun {
		a.begin(-1)
	}
	return a.flush()
}

func (a *answer) flush() error {
	if a.err == nil && len(a.out) > 0 {
		_, a.err = a.c.quick.Write(a.out)
		a.out = a.out[:0]
	}
	return a.err
}

// SetReadDeadline bounds reading the body. It is for http.ResponseController.
func (a *answer) SetReadDeadline(t time.Time) error { a.c.bodyDeadline = t; return nil }

// SetWriteDeadline bounds writing. It is for http.ResponseController.
func (a *answer) SetWriteDeadline(t time.Time) error { return a.c.SetWriteDeadline(t) }

// end sends what is left when the handler has returned.
func (a *answer) end() error {
	a.WriteHeader(http.StatusOK)
	if !a.begun {
		a.begin(int64(len(a.held)))
	}
	switch {
	case !a.hasBody():
	case a.length < 0:
		a.out = append(a.out, "0\r\n\r\n"...)
	case a.sent < a.length:
		a.close = true // and the client sees that it is not whole
	}
	err := a.flush()
	if cap(a.out) > 2*gathered { // a huge head
		a.out = nil
	}
	return err
}
