package proxy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// body reads the body of an answer and finds its end.
type body struct {
	r *bufio.Reader
	// left are the bytes of the body, or of the chunk, that are still to come; -1
	// is until the connection ends.
	left    int64
	chunked bool
	// inChunk says that the line end behind a chunk is still to come.
	inChunk bool
	done    bool
}

func newBody(r *bufio.Reader, h head) body {
	b := body{r: r, left: h.length, chunked: h.chunked}
	if h.chunked {
		b.left = 0
	}
	b.done = !h.chunked && h.length == 0
	return b
}

// Read implements io.Reader. An end that comes too early is io.ErrUnexpectedEOF.
func (b *body) Read(p []byte) (n int, err error) {
	for {
		switch {
		case b.done:
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		case b.left < 0: // until the connection ends
			n, err = b.r.Read(p)
			b.done = errors.Is(err, io.EOF)
			return n, err
		case b.left > 0:
			if int64(len(p)) > b.left {
				p = p[:b.left]
			}
			n, err = b.r.Read(p)
			b.left -= int64(n)
			b.done = b.left == 0 && !b.chunked
			return n, early(err)
		}
		if err := b.nextChunk(); err != nil {
			return 0, early(err)
		}
	}
}

// nextChunk reads up to the data of the next chunk, or past the trailer.
func (b *body) nextChunk() error {
	if b.inChunk {
		line, err := readLine(b.r)
		if err != nil {
			return err
		}
		if len(line) > 0 {
			return garbage("a chunk is longer than it says")
		}
	}
	line, err := readLine(b.r)
	if err != nil {
		return err
	}
	if b.left, err = chunkSize(line); err != nil {
		return err
	}
	if b.inChunk = b.left > 0; b.inChunk {
		return nil
	}
	for left := maxHead; ; left -= len(line) { // the trailer: nobody wants it
		if line, err = readLine(b.r); err != nil {
			return err
		}
		if len(line) == 0 {
			b.done = true
			return nil
		}
		if left < 0 {
			return garbage(fmt.Sprintf("its trailer exceeds %d bytes", maxHead))
		}
	}
}

// chunkSize reads a chunk's length, in hex, and passes over extensions.
func chunkSize(line []byte) (n int64, err error) {
	digits := 0
	for _, c := range line {
		var d byte
		switch {
		case c >= '0' && c <= '9':
			d = c - '0'
		case c >= 'a' && c <= 'f':
			d = c - 'a' + 10
		case c >= 'A' && c <= 'F':
			d = c - 'A' + 10
		case c == ';' || c == ' ' || c == '\t':
			if digits > 0 {
				return n, nil
			}
			return 0, garbage("a chunk has no length")
		default:
			return 0, garbage(fmt.Sprintf("%.40q is no length of a chunk", line))
		}
		if digits++; digits > 15 {
			return 0, garbage("a chunk is too long")
		}
		n = n<<4 | int64(d)
	}
	if digits == 0 {
		return 0, garbage("a chunk has no length")
	}
	return n, nil
}

// early tells an end that came in the middle from one at the end.
func early(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
