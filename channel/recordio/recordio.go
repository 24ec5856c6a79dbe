// Package recordio reads and writes RecordIO, MXNet's framing of records, which
// Pipe mode wraps objects in (TrainData-5):
//
//	u32  magic 0xced7230a, all numbers little endian
//	u32  part<<29 | length
//	     payload of that length
//	     zeros up to a multiple of 4 bytes
//
// part is 0 for a whole record. A record of 2^29 bytes or more does not fit the
// length and is written in parts: 1 begins it, 2 goes on, 3 ends it; the payloads
// joined are the record, as SageMaker's own reader joins them. Magic numbers
// within a payload are not escaped: readers follow the lengths.
package recordio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Magic begins every part of a record.
const Magic = 0xced7230a

// MaxPart is the length in bytes of the longest part written. It is a multiple
// of 4, so only the last part of a record is padded.
const MaxPart = 1<<29 - 4

// headerSize is the length of a part's header.
const headerSize = 8

// The kinds of part.
const (
	whole = iota
	first
	middle
	last
)

// ErrFormat is what is no RecordIO, with details.
var ErrFormat = errors.New("recordio: malformed")

// Part is one piece of the frame around a record: write Header, then Length
// bytes of the record, then Padding.
type Part struct {
	Header  [headerSize]byte
	Length  int64
	Padding []byte
}

// Parts is the frame around a record of size bytes, in order. It lets a writer
// copy the record by its own means.
func Parts(size int64) []Part { return parts(size, MaxPart) }

func parts(size, most int64) []Part {
	if size <= most {
		return []Part{part(whole, size)}
	}
	out := []Part{part(first, most)}
	for rest := size - most; ; rest -= most {
		if rest <= most {
			return append(out, part(last, rest))
		}
		out = append(out, part(middle, most))
	}
}

func part(kind uint32, length int64) Part {
	p := Part{Length: length, Padding: make([]byte, (4-length%4)%4)}
	binary.LittleEndian.PutUint32(p.Header[:], Magic)
	binary.LittleEndian.PutUint32(p.Header[4:], kind<<29|uint32(length))
	return p
}

// Write writes one record of size bytes that it reads from r.
func Write(w io.Writer, r io.Reader, size int64) error {
	for _, p := range Parts(size) {
		if _, err := w.Write(p.Header[:]); err != nil {
			return err
		}
		if _, err := io.CopyN(w, r, p.Length); err == io.EOF {
			return io.ErrUnexpectedEOF
		} else if err != nil {
			return err
		}
		if _, err := w.Write(p.Padding); err != nil {
			return err
		}
	}
	return nil
}

// Reader reads records.
type Reader struct {
	r   io.Reader
	max int64
}

// NewReader reads from r, and refuses records longer than max bytes. It reads a
// few bytes at a time, so r should be buffered.
func NewReader(r io.Reader, max int64) *Reader { return &Reader{r, max} }

// Next is the next record; io.EOF at the end of the stream, ErrFormat where the
// stream is malformed or ends within a record.
func (r *Reader) Next() ([]byte, error) {
	var record []byte
	for begun := false; ; begun = true {
		kind, length, err := r.header()
		switch {
		case err == io.EOF && !begun:
			return nil, io.EOF
		case err != nil:
			return nil, malformed(err)
		case begun != (kind == middle || kind == last):
			return nil, fmt.Errorf("%w: a part of kind %d is out of order", ErrFormat, kind)
		case int64(len(record))+length > r.max:
			return nil, fmt.Errorf("%w: a record is longer than %d bytes", ErrFormat, r.max)
		}
		if record, err = r.payload(record, length); err != nil {
			return nil, malformed(err)
		}
		if kind == whole || kind == last {
			return record, nil
		}
	}
}

// header reads a part's header.
func (r *Reader) header() (kind uint32, length int64, err error) {
	var h [headerSize]byte
	if _, err := io.ReadFull(r.r, h[:]); err != nil {
		return 0, 0, err
	}
	if magic := binary.LittleEndian.Uint32(h[:]); magic != Magic {
		return 0, 0, fmt.Errorf("%w: magic number %#x", ErrFormat, magic)
	}
	word := binary.LittleEndian.Uint32(h[4:])
	if kind = word >> 29; kind > last {
		return 0, 0, fmt.Errorf("%w: part of unknown kind %d", ErrFormat, kind)
	}
	return kind, int64(word & (1<<29 - 1)), nil
}

// payload appends a part's payload to record and skips its padding. Memory grows
// with what is there, not with what the header announces.
func (r *Reader) payload(record []byte, length int64) ([]byte, error) {
	const step = 1 << 20
	for rest := length; rest > 0; {
		n := min(rest, step)
		at := len(record)
		record = append(record, make([]byte, n)...)
		if _, err := io.ReadFull(r.r, record[at:]); err != nil {
			return nil, err
		}
		rest -= n
	}
	var padding [4]byte
	if _, err := io.ReadFull(r.r, padding[:(4-length%4)%4]); err != nil {
		return nil, err
	}
	if record == nil {
		record = []byte{}
	}
	return record, nil
}

// malformed is an early end as an error of the format.
func malformed(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: the stream ends within a record", ErrFormat)
	}
	return err
}
