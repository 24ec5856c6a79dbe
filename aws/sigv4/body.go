package sigv4

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"strings"
)

// Trailer holds the headers that came behind a chunked body. It is empty until
// the body was read to io.EOF.
type Trailer struct{ values map[string]string }

// Get is the value of a trailing header, in any case, "" when it did not come.
func (t *Trailer) Get(name string) string { return t.values[strings.ToLower(name)] }

// Names are the trailing headers that came, in lower case.
func (t *Trailer) Names() []string {
	out := make([]string, 0, len(t.values))
	for name := range t.values {
		out = append(out, name)
	}
	return out
}

// Body checks the body while it is read: its hash, or the framing, signatures
// and trailer of its chunks, which it takes off. What was read is trustworthy
// only once Read has answered io.EOF; a *Failure tells what is wrong with it.
func (s *Signed) Body(body io.ReadCloser) (io.ReadCloser, *Trailer) {
	trailer := &Trailer{}
	if body == nil {
		body = http.NoBody
	}
	switch s.PayloadHash {
	case UnsignedPayload:
		return body, trailer
	case StreamingPayload, StreamingPayloadTrailer, StreamingUnsignedTrailer:
		c := &chunkReader{signed: s, src: bufio.NewReaderSize(body, chunkBuffer), closer: body, trailer: trailer,
			previous: s.signature, withTrailer: s.PayloadHash != StreamingPayload,
			verify: s.PayloadHash != StreamingUnsignedTrailer}
		if c.verify {
			c.hash = sha256.New()
		}
		return c, trailer
	}
	return &hashReader{src: body, hash: sha256.New(), want: s.PayloadHash}, trailer
}

// hashReader holds a whole body against its hash.
type hashReader struct {
	src  io.ReadCloser
	hash hash.Hash
	want string
	err  error
}

// Read implements io.Reader.
func (h *hashReader) Read(p []byte) (int, error) {
	if h.err != nil {
		return 0, h.err
	}
	n, err := h.src.Read(p)
	h.hash.Write(p[:n])
	if err == io.EOF && hex.EncodeToString(h.hash.Sum(nil)) != h.want {
		err = payloadMismatch()
	}
	h.err = err
	return n, err
}

// Close implements io.Closer.
func (h *hashReader) Close() error { return h.src.Close() }
