package s3

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// control matches a control character that XML 1.0 does not know, as it is or as
// a character reference.
var control = regexp.MustCompile("[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:[xX]0*1?[0-9a-fA-F]|0*(?:[12]?[0-9]|3[01]));")

// standIn is the first of 32 code points that stand for control characters while
// a document is parsed. Nobody has assigned them.
const standIn = 0x10f800

// lenient makes a document well-formed that names keys with control characters:
// clients that batch deletes send them so. restore gives a text of the parsed
// document its characters back. A document that already holds the stand-ins is
// left alone.
func lenient(data []byte) (_ []byte, restore func(string) string) {
	same := func(s string) string { return s }
	if !control.Match(data) || bytes.ContainsFunc(data, isStandIn) {
		return data, same
	}
	data = control.ReplaceAllFunc(data, func(m []byte) []byte {
		c := int64(m[0])
		if len(m) > 1 {
			digits, base := strings.Trim(string(m), "&#;"), 10
			if digits[0] == 'x' || digits[0] == 'X' {
				digits, base = digits[1:], 16
			}
			c, _ = strconv.ParseInt(digits, base, 64) // matched to be a small number
		}
		if c == '\t' || c == '\n' || c == '\r' {
			return m
		}
		return []byte(string(rune(standIn + c)))
	})
	return data, func(s string) string {
		return strings.Map(func(r rune) rune {
			if isStandIn(r) {
				return r - standIn
			}
			return r
		}, s)
	}
}

func isStandIn(r rune) bool { return r >= standIn && r < standIn+0x20 }
