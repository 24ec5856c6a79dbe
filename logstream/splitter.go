package logstream

import (
	"bytes"
	"time"
)

// progressEvery is how often a line that rewrites itself is shown.
const progressEvery = time.Second

// textSize bounds what is searched for the end of a line at once.
const textSize = 16 << 10

// Splitter cuts a program's output into lines for a Writer.
//
// Lines end with \n or \r\n and are cut at MaxLine. A lone carriage return
// rewrites the line, as progress bars do: of such a line at most one state a
// second is kept, and always the last one, so that a bar that runs for an hour
// is seen to move and does not fill the log.
//
// It is not safe for concurrent use: one Splitter per pipe.
type Splitter struct {
	emit  func(t time.Time, lines []byte)
	buf   []byte
	held  []byte // latest rewritten state that was not shown
	shown time.Time
	cr    bool // a carriage return came, at crAt, and nothing since
	crAt  time.Time
	split bool // a piece of this line was emitted because of its length
}

// NewSplitter calls emit with what belongs into the log: one line without its
// end, or several whole lines with theirs, which is what WriteLine takes. A line
// or piece of one has at most MaxLine bytes, which are valid during the call.
func NewSplitter(emit func(t time.Time, lines []byte)) *Splitter {
	return &Splitter{emit: emit}
}

// Write takes output that arrived at t.
func (s *Splitter) Write(t time.Time, p []byte) {
	for len(p) > 0 {
		// Most output is whole lines: they go on as they are, all at once.
		if n := s.whole(p); n > 0 {
			s.emit(t, p[:n])
			p = p[n:]
			continue
		}
		p = p[s.part(t, p):]
	}
}

// whole is how much of p, from its start, is lines that need no care.
func (s *Splitter) whole(p []byte) int {
	if len(s.buf) > 0 || len(s.held) > 0 || s.cr || s.split || !s.shown.IsZero() {
		return 0 // a line has begun
	}
	p = p[:min(len(p), MaxLine)]
	n := bytes.LastIndexByte(p, '\n') + 1
	for at := 0; ; at++ {
		cr := bytes.IndexByte(p[at:n], '\r')
		if cr < 0 {
			return n
		}
		if at += cr + 1; p[at] != '\n' { // there is one, for p[:n] ends with \n
			return bytes.LastIndexByte(p[:at], '\n') + 1
		}
	}
}

// part takes the next text or end of a line and answers how long it is.
func (s *Splitter) part(t time.Time, p []byte) int {
	switch p[0] {
	case '\n':
		s.end(t)
		return 1
	case '\r':
		s.cr, s.crAt = true, t
		return 1
	}
	n := bytes.IndexAny(p[:min(len(p), textSize)], "\r\n")
	if n < 0 {
		n = min(len(p), textSize)
	}
	s.text(t, p[:n])
	return n
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
