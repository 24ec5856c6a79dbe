package wire

import (
	"errors"
	"io"
	"net/http"
	"syscall"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

const (
	// maxHead bounds a request's line and headers.
	maxHead = 64 << 10
	// MaxHeaderBytes is what an http.Server before this one should take of them:
	// more than is answered, because net/http's own refusal has no request id.
	MaxHeaderBytes = 4 * maxHead
)

// checkHead refuses heads that are too large.
func checkHead(r *http.Request) error {
	size := len(r.Method) + len(r.RequestURI) + len(r.Host)
	for name, values := range r.Header {
		for _, v := range values {
			size += len(name) + len(v) + len(": \r\n")
		}
	}
	if size <= maxHead {
		return nil
	}
	e := aws.Errorf(aws.RequestEntityTooLarge, "The request's headers and address exceed %d bytes.", maxHead)
	e.Status = http.StatusRequestHeaderFieldsTooLarge
	return e
}

// idleBody is a body of any length and duration that must not pause for longer
// than limit.
type idleBody struct {
	io.ReadCloser
	control *http.ResponseController
	limit   time.Duration
	until   time.Time
}

// Read implements io.Reader. A pause that is too long is os.ErrDeadlineExceeded.
func (b *idleBody) Read(p []byte) (int, error) {
	// Not at every read: they may be small and many.
	if now := time.Now(); b.until.Sub(now) < b.limit/2 {
		b.until = now.Add(b.limit)
		_ = b.control.SetReadDeadline(b.until) // a test's recorder has no deadlines
	}
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		// What follows is the answer's time.
		b.until = time.Time{}
		_ = b.control.SetReadDeadline(b.until)
	}
	return n, err
}

// diskFull is the error of a server that cannot keep anything any more, nil for
// other errors.
func diskFull(err error) *aws.Error {
	if !errors.Is(err, store.ErrFull) && !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
		return nil
	}
	return aws.Errorf(aws.ServiceUnavailable, "The server's disk is full. Free some space below its data directory and try again.")
}
