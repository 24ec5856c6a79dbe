package sigv4

import (
	"slices"
	"strings"
)

const upperHex = "0123456789ABCDEF"

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '_' || c == '.' || c == '~'
}

// appendEscaped escapes every byte that is not unreserved (RFC 3986), in upper
// case hex, slashes only when asked to.
func appendEscaped(dst []byte, s string, slash bool) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case unreserved(c), c == '/' && !slash:
			dst = append(dst, c)
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

// unescape decodes a query component; a plus is a space.
func unescape(s string) (string, bool) {
	if !strings.ContainsAny(s, "%+") {
		return s, true
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '+':
			out = append(out, ' ')
		case '%':
			if i+2 >= len(s) {
				return "", false
			}
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi > 15 || lo > 15 {
				return "", false
			}
			out = append(out, hi<<4|lo)
			i += 2
		default:
			out = append(out, c)
		}
	}
	return string(out), true
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// pair is one decoded parameter of the query.
type pair struct{ name, value string }

func parsePairs(raw string) ([]pair, bool) {
	if raw == "" {
		return nil, true
	}
	out := make([]pair, 0, 8)
	for raw != "" {
		var part string
		part, raw, _ = strings.Cut(raw, "&")
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		n, ok1 := unescape(name)
		v, ok2 := unescape(value)
		if !ok1 || !ok2 {
			return nil, false
		}
		out = append(out, pair{n, v})
	}
	return out, true
}

// get is the first value of a parameter, "" when there is none.
func get(q []pair, name string) string {
	for i := range q {
		if q[i].name == name {
			return q[i].value
		}
	}
	return ""
}

// appendQuery appends the canonical query: names and values escaped, then
// sorted in their escaped form. The signature itself is left out of presigned ones.
func appendQuery(dst []byte, q []pair, presigned bool) []byte {
	if len(q) == 0 {
		return dst
	}
	enc := make([]pair, 0, len(q))
	var buf []byte
	for _, p := range q {
		if presigned && p.name == "X-Amz-Signature" {
			continue
		}
		buf = appendEscaped(buf[:0], p.name, true)
		n := len(buf)
		buf = appendEscaped(buf, p.value, true)
		s := string(buf)
		enc = append(enc, pair{s[:n], s[n:]})
	}
	slices.SortFunc(enc, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	for i, p := range enc {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, p.name...)
		dst = append(dst, '=')
		dst = append(dst, p.value...)
	}
	return dst
}

// appendTrimmed appends a header's value without surrounding space and with
// inner runs of spaces as one.
func appendTrimmed(dst []byte, s string) []byte {
	s = strings.Trim(s, " \t")
	if !strings.Contains(s, "  ") && !strings.Contains(s, "\t") {
		return append(dst, s...)
	}
	space := false
	for i := 0; i < len(s); i++ {
		if s[i] == ' ' || s[i] == '\t' {
			space = true
			continue
		}
		if space {
			dst, space = append(dst, ' '), false
		}
		dst = append(dst, s[i])
	}
	return dst
}
