package logstream

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"sort"
	"time"
)

// EventOverhead is what every event counts in a page beside its message, as in
// CloudWatch Logs.
const EventOverhead = 26

// defaultBytes is a page when the caller sets no size: 1 MiB, CloudWatch's own.
const defaultBytes = 1 << 20

// chunk is how much is read from a file at once.
const chunk = 64 << 10

// Read answers the events from offset on, oldest first, at most maxEvents (0:
// no limit) and about maxBytes of messages (0: 1 MiB; each event counts
// EventOverhead more). At least one event is answered when there is one. An
// offset amid a line means the next line. A stream without a file yet has no
// events. Continue at the last event's Next.
func Read(path string, offset int64, maxEvents, maxBytes int) ([]Event, error) {
	f, err := open(path)
	if f == nil || err != nil {
		return nil, err
	}
	defer f.Close()
	if offset, err = align(f, max(offset, 0)); err != nil {
		return nil, err
	}
	var events []Event
	room := pageRoom(maxEvents, maxBytes)
	err = scan(f, offset, func(line []byte, at int64) bool {
		e, ok := parseRecord(line, at)
		if !ok {
			return true
		}
		if !room.take(e) {
			return false
		}
		events = append(events, e)
		return true
	})
	return events, err
}

// ReadBackward answers the newest events that end at or before offset before
// (negative: the end of the stream), oldest first, bounded as in Read. Continue
// at the first event's Offset.
func ReadBackward(path string, before int64, maxEvents, maxBytes int) ([]Event, error) {
	f, err := open(path)
	if f == nil || err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if before < 0 || before > st.Size() {
		before = st.Size()
	}
	if before, err = lineStart(f, before); err != nil {
		return nil, err
	}
	return readBackward(f, before, maxEvents, maxBytes)
}

// SeekTime is the offset of the first event at or after t, or the end of the
// stream's whole lines when all are older.
func SeekTime(path string, t time.Time) (int64, error) {
	f, err := open(path)
	if f == nil || err != nil {
		return 0, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	end, err := lineStart(f, st.Size())
	if err != nil {
		return 0, err
	}
	// Rounding t up keeps "at or after" true for times between milliseconds.
	ms := t.UnixMilli()
	if time.UnixMilli(ms).Before(t) {
		ms++
	}
	// The search is over bytes: is the first event that starts at or after byte
	// i old enough? Its answer is false, then true.
	var failed error
	i := sort.Search(int(end), func(i int) bool {
		at, err := align(f, int64(i))
		if err != nil {
			failed = err
			return true
		}
		e, ok, err := first(f, at)
		if err != nil {
			failed = err
		}
		return !ok || e >= ms
	})
	if failed != nil {
		return 0, failed
	}
	at, err := align(f, int64(i))
	return min(at, end), err
}

// Span is the extent of a stream.
type Span struct {
	// First and Last event's times, zero when there are no events.
	First, Last time.Time
	// Size of the stream in bytes of stored whole lines; also the offset at
	// which the next event will be.
	Size int64
}

// SpanOf measures a stream without reading all of it.
func SpanOf(path string) (Span, error) {
	newest, err := ReadBackward(path, -1, 1, 1)
	if err != nil || len(newest) == 0 {
		return Span{}, err
	}
	oldest, err := Read(path, 0, 1, 1)
	if err != nil || len(oldest) == 0 {
		return Span{}, err
	}
	return Span{First: oldest[0].Time, Last: newest[0].Time, Size: newest[0].Next}, nil
}

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

// scan gives whole lines from offset on to fn until it answers false.
func scan(f *os.File, offset int64, fn func(line []byte, at int64) bool) error {
	buf := make([]byte, 0, chunk)
	for at := offset; ; {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, cap(buf))
		}
		n, err := f.ReadAt(buf[len(buf):cap(buf)], at+int64(len(buf)))
		buf = buf[:len(buf)+n]
		used := 0
		for {
			i := bytes.IndexByte(buf[used:], '\n')
			if i < 0 {
				break
			}
			if !fn(buf[used:used+i], at+int64(used)) {
				return nil
			}
			used += i + 1
		}
		buf = buf[:copy(buf, buf[used:])]
		at += int64(used)
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
	for size := int64(chunk); before > 0; {
		from := max(0, before-size)
		buf := make([]byte, before-from)
		if _, err := f.ReadAt(buf, from); err != nil && err != io.EOF {
			return nil, err
		}
		end := len(buf) // behind the newline of the line looked at
		for end > 0 {
			start := bytes.LastIndexByte(buf[:end-1], '\n') + 1
			if start == 0 && from > 0 {
				break // the line begins before this chunk
			}
			if e, ok := parseRecord(buf[start:end-1], from+int64(start)); ok {
				if !room.take(e) {
					slices.Reverse(events)
					return events, nil
				}
				events = append(events, e)
			}
			end = start
		}
		if end == len(buf) {
			size *= 2
		}
		before = from + int64(end)
	}
	slices.Reverse(events)
	return events, nil
}
