package harness

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"slices"
	"strconv"
)

// Conn is a keep-alive connection that reads no more of an answer than it must.
type Conn struct {
	net.Conn
	addr string
	r    *bufio.Reader
	body []byte
	// spent says that the server will not take another request on it.
	spent bool
}

// Dial opens a connection.
func Dial(addr string) (*Conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &Conn{Conn: c, addr: addr, r: bufio.NewReaderSize(c, 64<<10)}, nil
}

// RoundTrip sends a request and reads the answer. The body goes to sink where
// there is one and the status is below 300; otherwise it is answered, and valid
// until the next call.
func (c *Conn) RoundTrip(req Signed, sink io.Writer) (status int, body []byte, err error) {
	if c.spent {
		_ = c.Conn.Close()
		fresh, err := Dial(c.addr)
		if err != nil {
			return 0, nil, err
		}
		*c = *fresh
	}
	if _, err := c.Write(req); err != nil {
		return 0, nil, err
	}
	status, length, chunked, err := c.head()
	if err != nil {
		return 0, nil, err
	}
	switch {
	case chunked:
		c.body, err = io.ReadAll(httputil.NewChunkedReader(c.r))
		if err == nil {
			_, err = c.line() // the empty line after the last chunk
		}
	case length >= 0 && sink != nil && status < 300:
		_, err = io.CopyN(sink, c.r, int64(length))
		return status, nil, err
	case length >= 0:
		c.body = slices.Grow(c.body[:0], length)[:length]
		_, err = io.ReadFull(c.r, c.body)
	default:
		c.spent = true
		c.body, err = io.ReadAll(c.r)
	}
	return status, c.body, err
}

// head reads the status line and the header.
func (c *Conn) head() (status, length int, chunked bool, err error) {
	first, err := c.line()
	if err != nil {
		return 0, 0, false, err
	}
	if len(first) < 12 {
		return 0, 0, false, fmt.Errorf("an answer begins with %q", first)
	}
	if status, err = strconv.Atoi(string(first[9:12])); err != nil {
		return 0, 0, false, err
	}
	c.spent = bytes.HasPrefix(first, []byte("HTTP/1.0"))
	length = -1
	for {
		line, err := c.line()
		if err != nil || len(line) == 0 {
			if status == 204 || status == 304 {
				length = 0
			}
			return status, length, chunked, err
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, 0, false, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		case bytes.EqualFold(name, []byte("Connection")):
			c.spent = c.spent || bytes.EqualFold(value, []byte("close"))
		}
	}
}

// line reads a line without its end.
func (c *Conn) line() ([]byte, error) {
	b, err := c.r.ReadSlice('\n')
	return bytes.TrimRight(b, "\r\n"), err
}
