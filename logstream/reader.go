package logstream

import (
	"os"
	"sort"
	"strings"
	"time"
)

// EventOverhead is what every event counts in a page beside its message, as in
// CloudWatch Logs.
const EventOverhead = 26

// defaultBytes is a page when the caller sets no size: 1 MiB, CloudWatch's own.
const defaultBytes = 1 << 20

// Files are read in pieces of growing size: those who want one event read little.
const firstChunk, maxChunk = 4 << 10, 256 << 10

// usualLine is what a line takes in a file, to guess how many there are.
const usualLine = 100

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
	st, err := f.Stat()
	if err != nil || st.Size() <= offset {
		return nil, err
	}
	room := pageRoom(maxEvents, maxBytes)
	left := min(st.Size()-offset, int64(room.bytes)) / usualLine
	events := make([]Event, 0, min(left+1, int64(room.events)))
	err = scan(f, offset, func(line string, at int64) bool {
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
	if len(events) == 0 {
		return nil, err
	}
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

// LastLine is the last line of a stream that says something, without the spaces
// around it; "" where there is none among its last lines.
func LastLine(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	events, err := ReadBackward(path, info.Size(), 20, 1<<20)
	if err != nil {
		return ""
	}
	last, at := "", int64(-1)
	for _, e := range events {
		if text := strings.TrimSpace(e.Message); text != "" && e.Offset > at {
			last, at = text, e.Offset
		}
	}
	return last
}
