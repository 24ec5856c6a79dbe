package dir

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// memory is small content, already read.
type memory struct{ *bytes.Reader }

func inMemory(b []byte) io.ReadCloser { return memory{bytes.NewReader(b)} }

// Close implements io.Closer.
func (memory) Close() error { return nil }

// section is a range of one file. Its WriteTo hands the file itself to the
// destination, so that a socket can use sendfile and a file a copy in the kernel.
type section struct {
	f    *os.File
	rest int64
}

// Read implements io.Reader.
func (s *section) Read(p []byte) (int, error) {
	if s.rest == 0 {
		return 0, io.EOF
	}
	n, err := s.f.Read(p[:min(int64(len(p)), s.rest)])
	s.rest -= int64(n)
	return n, err
}

// WriteTo implements io.WriterTo.
func (s *section) WriteTo(w io.Writer) (int64, error) {
	n, err := io.Copy(w, &io.LimitedReader{R: s.f, N: s.rest})
	s.rest -= n
	return n, err
}

// Close implements io.Closer.
func (s *section) Close() error { return s.f.Close() }

// joined reads a range across the files of a multipart object, one after the
// other.
type joined struct {
	s      *Store
	pinned []chunk
	chunks []chunk  // not begun
	skip   int64    // bytes to leave out before the next
	rest   int64    // bytes to give
	cur    *section // nil between files
}

// next opens the following file; io.EOF after the last.
func (j *joined) next() error {
	if j.cur != nil && j.cur.rest > 0 {
		return nil
	}
	if err := j.closeCurrent(); err != nil {
		return err
	}
	for len(j.chunks) > 0 && j.skip >= j.chunks[0].size {
		j.skip -= j.chunks[0].size
		j.chunks = j.chunks[1:]
	}
	if j.rest == 0 || len(j.chunks) == 0 {
		return io.EOF
	}
	c := j.chunks[0]
	f, err := os.Open(j.s.files.path(c.id))
	if err != nil {
		return err
	}
	if _, err := f.Seek(j.skip, io.SeekStart); err != nil {
		return errors.Join(err, f.Close())
	}
	j.cur = &section{f: f, rest: min(c.size-j.skip, j.rest)}
	j.rest -= j.cur.rest
	j.skip, j.chunks = 0, j.chunks[1:]
	return nil
}

func (j *joined) closeCurrent() error {
	if j.cur == nil {
		return nil
	}
	err := j.cur.Close()
	j.cur = nil
	return err
}

// Read implements io.Reader.
func (j *joined) Read(p []byte) (int, error) {
	if err := j.next(); err != nil {
		return 0, err
	}
	n, err := j.cur.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF // a file shorter than its record
	}
	return n, err
}

// WriteTo implements io.WriterTo.
func (j *joined) WriteTo(w io.Writer) (total int64, err error) {
	for {
		if err := j.next(); err == io.EOF {
			return total, nil
		} else if err != nil {
			return total, err
		}
		n, err := j.cur.WriteTo(w)
		total += n
		if err == nil && j.cur.rest > 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return total, err
		}
	}
}

// Close implements io.Closer.
func (j *joined) Close() error {
	err := j.closeCurrent()
	if j.pinned != nil {
		j.s.files.unpin(j.pinned)
		j.pinned, j.chunks, j.rest = nil, nil, 0
	}
	return err
}
