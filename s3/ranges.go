package s3

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/blob"
)

// parseRange reads a Range header. What is not one plain byte range is ignored,
// as HTTP wants it: then the answer is the whole object.
func parseRange(s string) *blob.Range {
	spec, ok := strings.CutPrefix(strings.TrimSpace(s), "bytes=")
	if !ok {
		return nil
	}
	first, last, ok := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok || strings.Contains(last, ",") {
		return nil
	}
	if first == "" {
		n, ok := digits(last)
		if !ok {
			return nil
		}
		if n == 0 {
			return &blob.Range{} // zero bytes, never satisfiable
		}
		return &blob.Range{Offset: -n, Length: -1}
	}
	from, ok := digits(first)
	if !ok {
		return nil
	}
	if last == "" {
		return &blob.Range{Offset: from, Length: -1}
	}
	to, ok := digits(last)
	if !ok || to < from {
		return nil
	}
	return &blob.Range{Offset: from, Length: to - from + 1}
}

// digits is a number without a sign; what exceeds an int64 is its largest.
func digits(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		n = 1<<63 - 2 // room for "to - from + 1"
	}
	return min(n, 1<<63-2), true
}

// parseCopyRange reads x-amz-copy-source-range, which must be one range within
// the source.
func parseCopyRange(s string, size int64) (*blob.Range, error) {
	if s == "" {
		return nil, nil
	}
	r := parseRange(s)
	if r == nil || r.Offset < 0 || r.Length < 0 {
		return nil, invalidArgument("x-amz-copy-source-range", s, "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy")
	}
	if r.Offset+r.Length > size || r.Offset+r.Length < 0 {
		return nil, invalidArgument("x-amz-copy-source-range", s, "Range specified is not valid for source object of size: %d", size)
	}
	return r, nil
}

// contentRange is the Content-Range header of a part of an object.
func contentRange(offset, length, size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", offset, offset+length-1, size)
}
