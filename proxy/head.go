package proxy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"
)

const (
	// readBuffer is also the longest line that a container may put into a header.
	readBuffer = 16 << 10
	// maxHead bounds all lines of an answer's head, in bytes.
	maxHead = 64 << 10
	// maxInterim bounds answers such as 100 Continue before the one that counts.
	maxInterim = 8
)

// head is what counts of an answer's status line and header.
type head struct {
	status              int
	contentType, custom string
	// length is Content-Length, -1 when the answer does not say.
	length  int64
	chunked bool
	// close says that the connection takes no other request.
	close bool
}

// garbage is an answer that is not HTTP.
type garbage string

// Error implements error.
func (g garbage) Error() string { return "the container's answer is not valid HTTP: " + string(g) }

// readHead reads the head of the final answer and passes over interim ones.
func readHead(r *bufio.Reader) (h head, err error) {
	for range maxInterim {
		if h, err = readOneHead(r); err != nil || h.status >= 200 {
			return h, err
		}
		if h.status == 101 {
			return h, garbage("it changes the protocol, which nobody asked for")
		}
	}
	return h, garbage("it consists of interim answers")
}

func readOneHead(r *bufio.Reader) (head, error) {
	h := head{length: -1}
	line, err := readLine(r)
	if err != nil {
		return h, err
	}
	if h.status, err = parseStatus(line); err != nil {
		return h, err
	}
	old := line[7] == '0' // HTTP/1.0 closes unless it says otherwise
	h.close = old
	for left := maxHead; ; {
		if line, err = readLine(r); err != nil {
			return h, err
		}
		if len(line) == 0 {
			break
		}
		if left -= len(line); left < 0 {
			return h, garbage(fmt.Sprintf("its header exceeds %d bytes", maxHead))
		}
		if err := h.field(line, old); err != nil {
			return h, err
		}
	}
	switch {
	case h.chunked && h.length >= 0: // the two may mean different ends: trust neither later
		h.length, h.close = -1, true
	case h.status == 204 || h.status == 304 || h.status < 200:
		h.length, h.chunked = 0, false
	case !h.chunked && h.length < 0:
		h.close = true
	}
	return h, nil
}

// readLine reads a line without its end. It is valid until the next read.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, garbage(fmt.Sprintf("a line exceeds %d bytes", readBuffer))
	case err != nil:
		return nil, err
	}
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, nil
}

// parseStatus reads "HTTP/1.1 200 OK".
func parseStatus(line []byte) (int, error) {
	if len(line) < 12 || string(line[:7]) != "HTTP/1." || line[7] < '0' || line[7] > '1' || line[8] != ' ' ||
		len(line) > 12 && line[12] != ' ' {
		return 0, garbage(fmt.Sprintf("it begins with %.40q", line))
	}
	status := 0
	for _, d := range line[9:12] {
		if d < '0' || d > '9' {
			return 0, garbage(fmt.Sprintf("it begins with %.40q", line))
		}
		status = 10*status + int(d-'0')
	}
	if status < 100 {
		return 0, garbage(fmt.Sprintf("it begins with %.40q", line))
	}
	return status, nil
}

// field takes one line of the header in.
func (h *head) field(line []byte, old bool) error {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || !isToken(line[:colon]) {
		return garbage(fmt.Sprintf("%.40q is no line of a header", line))
	}
	name, value := line[:colon], bytes.Trim(line[colon+1:], " \t")
	switch len(name) { // most lines are told apart by that alone
	case len("Connection"):
		if !equalFold(name, "connection") {
			break
		}
		for option := range bytes.SplitSeq(value, []byte{','}) {
			switch option = bytes.TrimSpace(option); {
			case equalFold(option, "close"):
				h.close = true
			case old && equalFold(option, "keep-alive"):
				h.close = false
			}
		}
	case len("Content-Type"):
		if equalFold(name, "content-type") {
			h.contentType = text(value)
		}
	case len("Content-Length"):
		if !equalFold(name, "content-length") {
			break
		}
		n, ok := parseLength(value)
		if !ok || h.length >= 0 && h.length != n {
			return garbage(fmt.Sprintf("the Content-Length %.40q is none", value))
		}
		h.length = n
	case len("Transfer-Encoding"):
		if !equalFold(name, "transfer-encoding") {
			break
		}
		if !equalFold(value, "chunked") || h.chunked || old {
			return garbage(fmt.Sprintf("the Transfer-Encoding %.40q is not understood", value))
		}
		h.chunked = true
	case len("X-Amzn-SageMaker-Custom-Attributes"):
		if equalFold(name, "x-amzn-sagemaker-custom-attributes") {
			h.custom = text(value)
		}
	}
	return nil
}

// text is a header's value without what a header must not hold.
func text(value []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return ' '
		}
		return r
	}, string(value))
}

// parseLength reads a length of decimal digits.
func parseLength(b []byte) (n int64, ok bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, d := range b {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = 10*n + int64(d-'0')
	}
	return n, true
}

// equalFold compares ASCII in any case; lower is in lower case.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// isToken says whether b may be the name of a header.
func isToken(b []byte) bool {
	for _, c := range b {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return len(b) > 0
}
