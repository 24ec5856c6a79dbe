package proxy

import (
	"io"
	"sync"
)

// source reads the body of a question, and remembers what went wrong.
type source struct {
	r      io.Reader
	sample *sample

	mu  sync.Mutex
	err error
}

// Read implements io.Reader.
func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > 0 {
		s.sample.takeInput(b[:n])
	}
	if err != nil && err != io.EOF {
		s.err = &InputError{err}
		return n, s.err
	}
	return n, err
}

// send writes a request. Where the body breaks off, so does the connection: nobody
// waits for the rest of it.
func (s *source) send(c *conn, head []byte, length int64) error {
	if _, err := c.Write(head); err != nil {
		return err
	}
	n, err := io.CopyN(c.Conn, s, length)
	if err == io.EOF && n < length {
		err = s.short()
	}
	if s.failed() != nil {
		_ = c.Close()
	}
	return err
}

// short says that the body ended before its length.
func (s *source) short() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = &InputError{io.ErrUnexpectedEOF}
	return s.err
}

// failed is why the body could not be read, nil for as long as it could.
func (s *source) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
