package logstream

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// open answers nil without an error when there is no file yet.
func open(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return f, err
}

// room is what is left of a page.
type room struct {
	events, bytes int
	used          bool
}

func pageRoom(maxEvents, maxBytes int) *room {
	if maxEvents <= 0 {
		maxEvents = int(^uint(0) >> 1)
	}
	if maxBytes <= 0 {
		maxBytes = defaultBytes
	}
	return &room{events: maxEvents, bytes: maxBytes}
}

// take says whether e still fits; the first event always does.
func (r *room) take(e Event) bool {
	cost := len(e.Message) + EventOverhead
	if r.used && (r.events <= 0 || r.bytes < cost) {
		return false
	}
	r.used = true
	r.events--
	r.bytes -= cost
	return true
}

// align moves an offset amid a line to the start of the next one.
func align(f *os.File, offset int64) (int64, error) {
	if offset <= 0 {
		return 0, nil
	}
	buf := make([]byte, 4<<10)
	for at := offset - 1; ; {
		n, err := f.ReadAt(buf, at)
		if i := bytes.IndexByte(buf[:n], '\n'); i >= 0 {
			return at + int64(i) + 1, nil
		}
		at += int64(n)
		if err == io.EOF {
			return max(at, offset), nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// lineStart is the offset behind the last newline before end.
func lineStart(f *os.File, end int64) (int64, error) {
	buf := make([]byte, 4<<10)
	for end > 0 {
		from := max(0, end-int64(len(buf)))
		n, err := f.ReadAt(buf[:end-from], from)
		if err != nil && err != io.EOF {
			return 0, err
		}
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		end = from
	}
	return 0, nil
}

// first is the timestamp of the first sound line at or after offset at.
func first(f *os.File, at int64) (ms int64, ok bool, err error) {
	buf := make([]byte, 32)
	for {
		n, err := f.ReadAt(buf, at)
		if n == 0 {
			if err == io.EOF {
				err = nil
			}
			return 0, false, err
		}
		if ms, _, ok := parseTime(buf[:n]); ok {
			return ms, true, nil
		}
		next, err := align(f, at+1)
		if err != nil || next <= at {
			return 0, false, err
		}
		at = next
	}
}

// scan gives whole lines from offset on to fn until it answers false. Lines are
// parts of one string for each piece that was read, so that a line costs no
// memory of its own; pieces begin small for those who want few.
func scan(f *os.File, offset int64, fn func(line string, at int64) bool) error {
	var buf []byte // what was read and not given, from at on
	size := firstChunk
	for at := offset; ; size = min(2*size, maxChunk) {
		old := len(buf)
		buf = slices.Grow(buf, size)[:old+size]
		n, err := f.ReadAt(buf[old:], at+int64(old))
		buf = buf[:old+n]
		var text string
		if i := bytes.LastIndexByte(buf[old:], '\n'); i >= 0 {
			text = string(buf[:old+i+1])
		}
		for used := 0; used < len(text); {
			i := strings.IndexByte(text[used:], '\n')
			if !fn(text[used:used+i], at+int64(used)) {
				return nil
			}
			used += i + 1
		}
		buf = buf[:copy(buf, buf[len(text):])]
		at += int64(len(text))
		switch {
		case err == io.EOF || n == 0:
			return nil
		case err != nil:
			return err
		}
	}
}

// readBackward is ReadBackward on an open file; before is a line's start.
func readBackward(f *os.File, before int64, maxEvents, maxBytes int) ([]Event, error) {
	var events []Event
	room := pageRoom(maxEvents, maxBytes)
	for size := int64(firstChunk); before > 0; {
		from := max(0, before-size)
		buf := make([]byte, before-from)
		if _, err := f.ReadAt(buf, from); err != nil && err != io.EOF {
			return nil, err
		}
		text := string(buf)
		end := len(text) // behind the newline of the line looked at
		for end > 0 {
			start := strings.LastIndexByte(text[:end-1], '\n') + 1
			if start == 0 && from > 0 {
				break // the line begins before this chunk
			}
			if e, ok := parseRecord(text[start:end-1], from+int64(start)); ok {
				if !room.take(e) {
					slices.Reverse(events)
					return events, nil
				}
				events = append(events, e)
			}
			end = start
		}
		if end == len(text) || size < maxChunk {
			size *= 2 // also beyond maxChunk, for a line that is longer
		}
		before = from + int64(end)
	}
	slices.Reverse(events)
	return events, nil
}
