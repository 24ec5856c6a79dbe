package wire

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// readBody reads the body into a pooled buffer, within the limits of size and time.
func (s *Server) readBody(next handler) handler {
	return func(ctx context.Context, c *call) error {
		b := s.buffers.get()
		err := s.slurp(c, b)
		if err != nil {
			return err
		}
		c.body = b.data
		err = next(ctx, c)
		// Decoders copy what they keep, but REST bodies are payloads as they are.
		if _, rest := c.protocol.(restProtocol); !rest || c.operation.direct != nil && !c.keepBody {
			c.body = nil
			s.buffers.put(b)
		}
		return err
	}
}

func (s *Server) slurp(c *call, b *buffer) error {
	if c.r.Body == nil || c.r.Body == http.NoBody || c.r.ContentLength == 0 {
		return nil
	}
	control := http.NewResponseController(c.w)
	// Errors: a test's recorder has no deadlines.
	_ = control.SetReadDeadline(time.Now().Add(s.options.BodyTimeout))
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	limit := s.maxBodyOf(c)
	if c.r.ContentLength > limit {
		return s.tooLarge(c)
	}
	// Memory for what was announced, but a promise alone does not get much.
	if want := int(min(c.r.ContentLength, maxPooled)) + bytes.MinRead; want > cap(b.data) {
		b.data = make([]byte, 0, want)
	}
	for {
		if len(b.data) == cap(b.data) {
			b.data = append(b.data, 0)[:len(b.data)]
		}
		n, err := c.r.Body.Read(b.data[len(b.data):cap(b.data)])
		b.data = b.data[:len(b.data)+n]
		if int64(len(b.data)) > limit {
			return s.tooLarge(c)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
			return aws.Errorf(aws.RequestTimeout, "The request body did not arrive within %v.", s.options.BodyTimeout)
		case err != nil:
			return aws.Errorf(aws.SerializationException, "The request body could not be read: %w", err)
		}
	}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// tooLarge refuses the body after swallowing some more of it: a client that is
// still sending would see a broken connection instead of the answer.
func (s *Server) tooLarge(c *call) error {
	limit := s.maxBodyOf(c)
	_, _ = io.CopyN(io.Discard, c.r.Body, 4*limit)
	return aws.Errorf(aws.RequestEntityTooLarge, "The request body exceeds %d bytes.", limit)
}

// inflate unpacks a compressed body: SDKs compress large inputs of PutMetricData.
func (s *Server) inflate(c *call) error {
	switch encoding := c.r.Header.Get("Content-Encoding"); encoding {
	case "", "identity", "aws-chunked":
		return nil
	case "gzip":
	default:
		return aws.Errorf(aws.SerializationException, "The Content-Encoding '%s' is not understood; use gzip or none.", clip(encoding))
	}
	z, err := gzip.NewReader(bytes.NewReader(c.body))
	if err != nil {
		return aws.Errorf(aws.SerializationException, "The request body is not valid gzip: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(z, s.options.MaxBody+1))
	if err != nil {
		return aws.Errorf(aws.SerializationException, "The request body is not valid gzip: %w", err)
	}
	if int64(len(data)) > s.options.MaxBody {
		return aws.Errorf(aws.RequestEntityTooLarge, "The request body exceeds %d bytes once it is unpacked.", s.options.MaxBody)
	}
	c.body = data
	return nil
}
