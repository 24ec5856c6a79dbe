package sigv4

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"hash"
	"io"

	"github.com/sagebrush/sagebrush/aws"
)

const (
	chunkBuffer   = 64 << 10
	maxChunkLine  = 256     // "size;chunk-signature=…" is at most 98
	maxTrailer    = 8 << 10 // bytes of all trailing headers
	maxChunkDigit = 15      // hex digits of a size, so that it fits an int64
	signatureKey  = "chunk-signature="
	trailerKey    = "x-amz-trailer-signature"
)

// chunkReader takes the aws-chunked framing off a body:
//
//	size[;chunk-signature=hex] CRLF data CRLF … 0[;chunk-signature=hex] CRLF [name:value CRLF]… CRLF
//
// Each signature covers its chunk's hash and the signature before it. Data is
// handed on before its signature could be checked (a chunk may be gigabytes), so
// the reader's user waits for io.EOF before believing any of it.
type chunkReader struct {
	signed      *Signed
	src         *bufio.Reader
	closer      io.Closer
	trailer     *Trailer
	verify      bool // chunks carry signatures
	withTrailer bool
	hash        hash.Hash // of the current chunk
	previous    string    // signature before the current chunk
	current     string    // signature that the current chunk claims
	left        int64     // data bytes left of the current chunk
	inChunk     bool
	decoded     int64
	err         error
}

// Close implements io.Closer.
func (c *chunkReader) Close() error { return c.closer.Close() }

// Read implements io.Reader.
func (c *chunkReader) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	for c.left == 0 {
		if err := c.next(); err != nil {
			c.err = err
			return 0, err
		}
	}
	n, err := c.src.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	c.decoded += int64(n)
	if c.verify {
		c.hash.Write(p[:n])
	}
	if limit := c.signed.DecodedLength; limit >= 0 && c.decoded > limit {
		c.err = incompleteBody("The body is longer than its x-amz-decoded-content-length of %d bytes.", limit)
		return 0, c.err
	}
	if err != nil {
		c.err = truncated(err)
	}
	return n, c.err
}

// next ends the current chunk and begins the one behind it; io.EOF after the last.
func (c *chunkReader) next() error {
	if c.inChunk {
		if line, err := c.line(maxChunkLine); err != nil {
			return err
		} else if len(line) != 0 {
			return malformedChunk("chunk data is longer than its size")
		}
		if err := c.endChunk(); err != nil {
			return err
		}
	}
	line, err := c.line(maxChunkLine)
	if err != nil {
		return err
	}
	size, err := c.parseHead(line)
	if err != nil {
		return err
	}
	if size > 0 {
		c.left, c.inChunk = size, true
		return nil
	}
	if err := c.endChunk(); err != nil {
		return err
	}
	if want := c.signed.DecodedLength; want >= 0 && want != c.decoded {
		return incompleteBody("You did not provide the number of bytes specified by x-amz-decoded-content-length: "+
			"%d instead of %d.", c.decoded, want)
	}
	return c.end()
}

// parseHead reads "size[;chunk-signature=hex]".
func (c *chunkReader) parseHead(line []byte) (int64, error) {
	digits, ext, _ := bytes.Cut(line, []byte(";"))
	if len(digits) == 0 || len(digits) > maxChunkDigit {
		return 0, malformedChunk("the chunk size is no number")
	}
	var size int64
	for _, d := range digits {
		v := unhex(d)
		if v > 15 {
			return 0, malformedChunk("the chunk size is no number")
		}
		size = size<<4 | int64(v)
	}
	if !c.verify {
		return size, nil
	}
	sig, ok := bytes.CutPrefix(bytes.TrimSpace(ext), []byte(signatureKey))
	if !ok || len(sig) != 2*sha256.Size {
		return 0, malformedChunk("the chunk has no chunk-signature")
	}
	c.current = string(sig)
	return size, nil
}

// endChunk checks the chunk that was read against the signature in its head.
func (c *chunkReader) endChunk() error {
	c.inChunk = false
	if !c.verify {
		return nil
	}
	b := appendStringToSign(make([]byte, 0, 512), "AWS4-HMAC-SHA256-PAYLOAD", c.signed.date, c.signed.scope)
	b = append(b, c.previous...)
	b = append(b, "\n"+EmptyPayload+"\n"...)
	b = c.appendHash(b)
	if !c.matches(b, c.current) {
		return chunkMismatch()
	}
	c.previous = c.current
	return nil
}

func (c *chunkReader) appendHash(b []byte) []byte {
	var sum [sha256.Size]byte
	b = hex.AppendEncode(b, c.hash.Sum(sum[:0]))
	c.hash.Reset()
	return b
}

func (c *chunkReader) matches(stringToSign []byte, signature string) bool {
	want := c.signed.key.sum(stringToSign)
	return subtle.ConstantTimeCompare(want[:], []byte(signature)) == 1
}

// line reads up to and without (CR)LF, bounded.
func (c *chunkReader) line(limit int) ([]byte, error) {
	line, err := c.src.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull), err == nil && len(line) > limit:
		return nil, malformedChunk("a line of its framing is too long")
	case err != nil:
		return nil, truncated(err)
	}
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, nil
}

func truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return incompleteBody("The request body terminated unexpectedly.")
	}
	return err
}

func incompleteBody(format string, args ...any) *Failure {
	return fail(ReasonIncompleteBody, aws.SerializationException, format, args...)
}

func malformedChunk(what string) *Failure {
	return fail(ReasonMalformedChunk, aws.SerializationException, "The aws-chunked request body is malformed: %s.", what)
}

func malformedTrailer(format string, args ...any) *Failure {
	return fail(ReasonMalformedTrailer, aws.SerializationException, "The request contained trailing data that was not "+
		"well-formed or did not conform to our published schema: "+format+".", args...)
}

func chunkMismatch() *Failure {
	return fail(ReasonChunkMismatch, aws.InvalidSignatureException, mismatchText)
}
