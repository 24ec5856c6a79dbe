package blob

import (
	"fmt"
	"strings"
)

// Resolve is the range within content of size bytes; a nil range is all of it.
// ErrInvalidRange when nothing of it exists.
func (r *Range) Resolve(size int64) (offset, length int64, err error) {
	if r == nil {
		return 0, size, nil
	}
	offset, length = r.Offset, r.Length
	if offset < 0 {
		if length = min(-offset, size); length == 0 {
			return 0, 0, fmt.Errorf("%w: the object is empty", ErrInvalidRange)
		}
		return size - length, length, nil
	}
	if offset >= size || length == 0 {
		return 0, 0, fmt.Errorf("%w: the object has %d bytes", ErrInvalidRange, size)
	}
	if length < 0 || length > size-offset {
		length = size - offset
	}
	return offset, length, nil
}

// Successor is the least string greater than all strings that begin with
// prefix, "" when there is none. It is how a listing skips a common prefix.
func Successor(prefix string) string {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xff {
			b[i]++
			return string(b[:i+1])
		}
	}
	return ""
}

// CommonPrefix is key up to and with the first delimiter behind prefix; ok is
// false when there is none, or no delimiter is asked for.
func CommonPrefix(key, prefix, delimiter string) (common string, ok bool) {
	if delimiter == "" || !strings.HasPrefix(key, prefix) {
		return "", false
	}
	i := strings.Index(key[len(prefix):], delimiter)
	if i < 0 {
		return "", false
	}
	return key[:len(prefix)+i+len(delimiter)], true
}
