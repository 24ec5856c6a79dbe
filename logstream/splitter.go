package logstream

import (
	"bytes"
	"time"
)

// progressEvery is how often a line that rewrites itself is shown.
const progressEvery = time.Second

// Splitter cuts a program's output into lines for a Writer.
//
// Lines end with \n or \r\n and are cut at MaxLine. A lone carriage return
// rewrites the line, as progress bars do: of such a line at most one state a
// second is kept, and always the last one, so that a bar that runs for an hour
// is seen to move and does not fill the log.
//
// It is not safe for concurrent use: one Splitter per pipe.
type Splitter struct {
	emit  func(t time.Time, line []byte)
	buf   []byte
	held  []byte // latest rewritten state that was not shown
	shown time.Time
	cr    bool // a carriage return came, at crAt, and nothing since
	crAt  time.Time
	split bool // a piece of this line was emitted because of its length
}

// NewSplitter calls emit with every line; the bytes are valid during the call.
func NewSplitter(emit func(t time.Time, line []byte)) *Splitter {
	return &Splitter{emit: emit}
}

// Write takes output that arrived at t.
func (s *Splitter) Write(t time.Time, p []byte) {
	for len(p) > 0 {
		i := bytes.IndexAny(p, "\r\n")
		if i != 0 {
			text := p
			if i > 0 {
				text = p[:i]
			}
			s.text(t, text)
			p = p[len(text):]
			continue
		}
		if p[0] == '\n' {
			s.end(t)
		} else {
			s.cr, s.crAt = true, t
		}
		p = p[1:]
	}
}

// Close emits a last line that has no end.
func (s *Splitter) Close(t time.Time) {
	if len(s.buf) > 0 || len(s.held) > 0 {
		s.end(t)
	}
}

// text adds to the current line.
func (s *Splitter) text(t time.Time, p []byte) {
	if s.cr {
		s.cr = false
		s.rewrite(s.crAt)
	}
	s.buf = append(s.buf, p...)
	for len(s.buf) > MaxLine {
		n := cut(s.buf, MaxLine)
		s.emit(t, s.buf[:n])
		s.buf = s.buf[:copy(s.buf, s.buf[n:])]
		s.split = true
	}
}

// rewrite starts the line anew; its state until now is shown or held.
func (s *Splitter) rewrite(t time.Time) {
	if len(s.buf) == 0 {
		return
	}
	if t.Sub(s.shown) >= progressEvery {
		s.shown = t
		s.held = s.held[:0]
		s.emit(t, s.buf)
	} else {
		s.held = append(s.held[:0], s.buf...)
	}
	s.buf = s.buf[:0]
	s.split = false
}

// end finishes the line.
func (s *Splitter) end(t time.Time) {
	switch {
	case len(s.buf) > 0:
		s.emit(t, s.buf)
	case len(s.held) > 0:
		s.emit(t, s.held)
	case !s.split:
		s.emit(t, nil)
	}
	s.buf, s.held = s.buf[:0], s.held[:0]
	s.cr, s.split, s.shown = false, false, time.Time{}
}
