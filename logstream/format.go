package logstream

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxLine is the longest message of one event in bytes, the same as in
// CloudWatch Logs; longer lines become several events.
const MaxLine = 256 << 10

// Event is one line of a stream.
type Event struct {
	// Offset of the event in the file; Next is the offset of the one after it.
	Offset, Next int64
	// Time the line arrived, in whole milliseconds, UTC.
	Time time.Time
	// Message is the line without its end, valid UTF-8. Events that were read
	// together share their memory: clone a message that is kept longer than others.
	Message string
}

// appendPrefix appends what events of that time begin with.
func appendPrefix(dst []byte, ms int64) []byte {
	return append(strconv.AppendInt(dst, ms, 10), ' ')
}

// appendMessage appends the rest of an event. msg holds no newline.
func appendMessage(dst, msg []byte) []byte {
	if bytes.IndexByte(msg, 0) < 0 {
		dst = append(dst, msg...)
	} else {
		for _, b := range msg {
			if b == 0 {
				dst = utf8.AppendRune(dst, utf8.RuneError)
			} else {
				dst = append(dst, b)
			}
		}
	}
	return append(dst, '\n')
}

// parseTime reads the timestamp of a stored line and where its message starts;
// ok is false for a line that is none of ours.
func parseTime[T string | []byte](line T) (ms int64, message int, ok bool) {
	for i := range len(line) {
		switch c := line[i]; {
		case c >= '0' && c <= '9' && i < 15: // year 33658: far from overflow
			ms = ms*10 + int64(c-'0')
		case c == ' ' && i > 0:
			return ms, i + 1, true
		default:
			return 0, 0, false
		}
	}
	return 0, 0, false
}

// parseRecord reads a stored line without its newline, which starts at offset.
// The message is a part of line, not a copy, when that is valid UTF-8.
func parseRecord(line string, offset int64) (Event, bool) {
	ms, at, ok := parseTime(line)
	if !ok {
		return Event{}, false
	}
	return Event{
		Offset:  offset,
		Next:    offset + int64(len(line)) + 1,
		Time:    time.UnixMilli(ms).UTC(),
		Message: strings.ToValidUTF8(line[at:], "\uFFFD"),
	}, true
}

// cut is how many bytes of a line that is longer than n go into its first
// piece: n, or a little less so that no character is torn.
func cut(line []byte, n int) int {
	for i := n; i > n-utf8.UTFMax && i > 0; i-- {
		if utf8.RuneStart(line[i]) {
			return i
		}
	}
	return n
}
