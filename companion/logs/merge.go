package logs

import (
	"cmp"
	"container/heap"
	"errors"
	"io/fs"
	"math"
	"os"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/logstream"
)

// position is an event's place in the order of a group: by time, then by the
// name of the stream, then within the stream. It is the token of
// FilterLogEvents, so that a page needs no memory of the pages before.
type position struct {
	// Time in milliseconds, and the stream's name.
	Time   int64
	Stream string
	// Next is the offset behind the event.
	Next int64
}

// merge reads streams interleaved by time.
type merge struct {
	heads sources
	end   int64 // milliseconds, exclusive
}

// source is one stream within a merge.
type source struct {
	name, path string
	events     []logstream.Event // read and not yet taken; never empty in the heap
	page       int
}

// newMerge begins behind a position, or at the first event at or after start.
// Streams that have been silent since are not even opened.
func newMerge(streams []logstream.Stream, start, end *int64, after *position) (*merge, error) {
	m := &merge{end: math.MaxInt64}
	if end != nil {
		m.end = *end
	}
	var from int64
	if start != nil {
		from = *start
	}
	if after != nil {
		from = max(from, after.Time)
	}
	for _, st := range streams {
		info, err := os.Stat(st.Path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		// A second for lines that were buffered and for coarse file times.
		if info.ModTime().UnixMilli()+1000 < from {
			continue
		}
		at := time.UnixMilli(from)
		if after != nil && from == after.Time && st.Name < after.Stream {
			at = at.Add(time.Millisecond)
		}
		offset, err := logstream.SeekTime(st.Path, at)
		if err != nil {
			return nil, err
		}
		if after != nil && st.Name == after.Stream {
			offset = max(offset, after.Next)
		}
		src := &source{name: st.Name, path: st.Path, page: 1}
		if err := m.fill(src, offset); err != nil {
			return nil, err
		}
		if len(src.events) > 0 {
			m.heads = append(m.heads, src)
		}
	}
	heap.Init(&m.heads)
	return m, nil
}

// fill reads the next events of a stream: one at first, because most of many
// streams give no more to a page, then ever more.
func (m *merge) fill(s *source, offset int64) (err error) {
	s.events, err = logstream.Read(s.path, offset, s.page, 0)
	s.page = min(4*s.page, 1024)
	for i, e := range s.events {
		if e.Time.UnixMilli() >= m.end {
			s.events = s.events[:i]
			break
		}
	}
	return err
}

// next takes the oldest event; ok is false at the end.
func (m *merge) next() (stream string, e logstream.Event, ok bool, err error) {
	if len(m.heads) == 0 {
		return "", e, false, nil
	}
	s := m.heads[0]
	e = s.events[0]
	if s.events = s.events[1:]; len(s.events) == 0 {
		if err := m.fill(s, e.Next); err != nil {
			return "", e, false, err
		}
	}
	if len(s.events) == 0 {
		heap.Pop(&m.heads)
	} else {
		heap.Fix(&m.heads, 0)
	}
	return s.name, e, true, nil
}

// sources is a heap.Interface, the oldest head first.
type sources []*source

func (s sources) Len() int      { return len(s) }
func (s sources) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s sources) Less(i, j int) bool {
	return cmp.Or(s[i].events[0].Time.Compare(s[j].events[0].Time), strings.Compare(s[i].name, s[j].name)) < 0
}

// Push and Pop implement heap.Interface.
func (s *sources) Push(x any) { *s = append(*s, x.(*source)) }

// Pop implements heap.Interface.
func (s *sources) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}
