package logstream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// flushDelay is how long a line may wait for company before readers see it.
	flushDelay = 20 * time.Millisecond
	// flushSize is how much may wait.
	flushSize = 256 << 10
	// keepLimit is how much is kept while the disk is full; lines beyond it are
	// counted and dropped, so that the program never blocks on its log.
	keepLimit = 4 << 20
	// lockWait is how long NewWriter waits for the previous writer to let go.
	lockWait = 2 * time.Second
)

// ErrBusy says that another Writer holds the stream.
var ErrBusy = errors.New("logstream: another writer holds the stream")

// Writer appends to one stream. It is safe for concurrent use.
type Writer struct {
	mu      sync.Mutex
	file    *os.File
	buf     []byte
	last    int64  // newest timestamp, milliseconds
	prefix  []byte // it as events begin with it
	flushed time.Time
	timer   *time.Timer
	armed   bool
	closed  bool
	dropped int
	err     error
}

// NewWriter opens the stream for appending and makes it, with its directories,
// when it is not there. It waits a moment for an earlier writer to close, then
// gives ErrBusy. A last line that a crash tore is completed or removed.
func NewWriter(path string) (*Writer, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %s", err, path)
	}
	w := &Writer{file: f}
	if w.last, err = repair(f); err != nil {
		f.Close()
		return nil, err
	}
	w.timer = time.AfterFunc(time.Hour, w.onTimer)
	w.timer.Stop()
	return w, nil
}

// lock takes the stream for this writer. The lock belongs to the open file and
// ends with it, also when the process is killed.
func lock(f *os.File) error {
	for end := time.Now().Add(lockWait); ; time.Sleep(5 * time.Millisecond) {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil || !errors.Is(err, unix.EWOULDBLOCK) {
			return err
		}
		if time.Now().After(end) {
			return ErrBusy
		}
	}
}

// repair leaves the file ending with a whole line and answers its timestamp. A
// torn line that has its timestamp gets its newline and is kept, else it goes.
func repair(f *os.File) (last int64, err error) {
	st, err := f.Stat()
	if err != nil || st.Size() == 0 {
		return 0, err
	}
	size := st.Size()
	start, err := lineStart(f, size)
	if err != nil {
		return 0, err
	}
	if start < size {
		head := make([]byte, min(size-start, 32))
		if _, err := f.ReadAt(head, start); err != nil && err != io.EOF {
			return 0, err
		}
		if ms, _, ok := parseTime(head); ok {
			_, err = f.Write([]byte{'\n'})
			return ms, err
		}
		if err := f.Truncate(start); err != nil {
			return 0, err
		}
		size = start
	}
	events, err := readBackward(f, size, 1, 1)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	return events[0].Time.UnixMilli(), nil
}

// WriteLine appends what arrived at t: one line, whose end (\n or \r\n) is
// trimmed, or several, which become an event each. A t before the newest event's
// is lifted to it. Readers see the lines within about 20 ms. The error is that of
// the latest write to disk; the lines are kept and tried again with the next ones.
func (w *Writer) WriteLine(t time.Time, lines []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return os.ErrClosed
	}
	w.last = max(w.last, t.UnixMilli())
	w.append(lines)
	now := time.Now()
	switch {
	case len(w.buf) >= flushSize || now.Sub(w.flushed) >= flushDelay:
		w.flush(now)
	case !w.armed:
		w.armed = true
		w.timer.Reset(flushDelay)
	}
	return w.err
}

// append puts the lines' events into the buffer. All have one time, and most
// have nothing that would have to be looked at.
func (w *Writer) append(lines []byte) {
	lines = bytes.TrimSuffix(lines, []byte("\n"))
	w.prefix = appendPrefix(w.prefix[:0], w.last)
	clean := bytes.IndexByte(lines, '\r') < 0 && bytes.IndexByte(lines, 0) < 0
	for more := true; more; {
		var line []byte
		line, lines, more = bytes.Cut(lines, []byte{'\n'})
		switch {
		case len(w.buf) > keepLimit:
			w.dropped++
		case clean && len(line) <= MaxLine:
			w.buf = append(append(append(w.buf, w.prefix...), line...), '\n')
		default:
			w.appendOdd(bytes.TrimSuffix(line, []byte("\r")))
		}
	}
}

// appendOdd appends a line that may be too long and may hold NUL.
func (w *Writer) appendOdd(line []byte) {
	for len(line) > MaxLine {
		n := cut(line, MaxLine)
		w.buf = appendMessage(append(w.buf, w.prefix...), line[:n])
		line = line[n:]
	}
	w.buf = appendMessage(append(w.buf, w.prefix...), line)
}

func (w *Writer) onTimer() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed = false
	if !w.closed {
		w.flush(time.Now())
	}
}

// flush writes the buffer. What the disk did not take stays, from the very byte
// on, so that the file is whole again once there is space.
func (w *Writer) flush(now time.Time) {
	w.flushed = now
	if len(w.buf) == 0 {
		return
	}
	n, err := w.file.Write(w.buf)
	w.err = err
	w.buf = w.buf[:copy(w.buf, w.buf[n:])]
	if err == nil && w.dropped > 0 {
		note := fmt.Sprintf("[%d log lines were lost because the disk did not take them]", w.dropped)
		w.dropped = 0
		w.append([]byte(note))
	}
	if len(w.buf) > 0 && !w.armed && !w.closed {
		w.armed = true
		w.timer.Reset(10 * flushDelay)
	}
	if cap(w.buf) > 4*flushSize && len(w.buf) == 0 {
		w.buf = nil
	}
}

// Close writes what is left and lets the stream go. A second Close is no error.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.flush(time.Now())
	w.closed = true
	w.timer.Stop()
	return errors.Join(w.err, w.file.Close())
}
