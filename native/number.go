package native

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// parseNumber reads a number as Python does in loadtxt: a decimal one, inf or nan,
// with a sign. An overflow is infinite.
func parseNumber(b []byte) (float64, bool) {
	if f, ok := parseShort(b); ok {
		return f, true
	}
	rest := b
	if len(rest) > 0 && (rest[0] == '-' || rest[0] == '+') {
		rest = rest[1:]
	}
	for _, c := range rest {
		if (c < '0' || c > '9') && c != '.' && c != 'e' && c != 'E' && c != '-' && c != '+' {
			return parseWord(b, string(rest))
		}
	}
	// The text does not outlive the call: no copy is made of it.
	f, err := strconv.ParseFloat(string(b), 64)
	return f, err == nil || math.IsInf(f, 0)
}

// exact are the powers of ten that a float64 holds without loss.
var exact = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// parseShort reads the common case, a number of at most 15 digits without an
// exponent: whole number and power of ten are exact, so that one division rounds
// correctly.
func parseShort(b []byte) (float64, bool) {
	at, negative := 0, false
	if len(b) > 0 && b[0] == '-' {
		at, negative = 1, true
	}
	if len(b)-at > 16 || len(b) == at {
		return 0, false
	}
	whole, digits, point := 0, 0, -1
	for ; at < len(b); at++ {
		switch c := b[at]; {
		case c >= '0' && c <= '9':
			whole = whole*10 + int(c-'0')
			digits++
		case c == '.' && point < 0:
			point = digits
		default:
			return 0, false
		}
	}
	if digits == 0 || digits > 15 {
		return 0, false
	}
	f := float64(whole)
	if point >= 0 {
		f /= exact[digits-point]
	}
	if negative {
		f = -f
	}
	return f, true
}

func parseWord(b []byte, rest string) (float64, bool) {
	switch {
	case strings.EqualFold(rest, "nan"):
		return math.NaN(), true
	case strings.EqualFold(rest, "inf"), strings.EqualFold(rest, "infinity"):
		if b[0] == '-' {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	}
	return 0, false
}

// parseLoose reads a number as Python's float does, which allows underscores
// between digits beyond what loadtxt does.
func parseLoose(b []byte) (float64, bool) {
	if plain, ok := withoutMarks(b); ok {
		return parseNumber(plain)
	}
	return 0, false
}

// withoutMarks takes the underscores between digits away; others are wrong.
func withoutMarks(b []byte) ([]byte, bool) {
	if bytes.IndexByte(b, '_') < 0 {
		return b, true
	}
	digit := func(i int) bool { return i >= 0 && i < len(b) && b[i] >= '0' && b[i] <= '9' }
	var out []byte
	for i, c := range b {
		if c != '_' {
			out = append(out, c)
		} else if !digit(i-1) || !digit(i+1) {
			return nil, false
		}
	}
	return out, true
}

// appendFloat writes a number as Python's repr does.
func appendFloat(out []byte, f float64) []byte {
	switch {
	case f != f:
		return append(out, "nan"...)
	case math.IsInf(f, 1):
		return append(out, "inf"...)
	case math.IsInf(f, -1):
		return append(out, "-inf"...)
	}
	size := math.Abs(f)
	if size != 0 && (size < 1e-4 || size >= 1e16) {
		return strconv.AppendFloat(out, f, 'e', -1, 64)
	}
	begin := len(out)
	out = strconv.AppendFloat(out, f, 'f', -1, 64)
	for _, c := range out[begin:] {
		if c == '.' {
			return out
		}
	}
	return append(out, ".0"...)
}

// appendJSON writes a number as Python's json does.
func appendJSON(out []byte, f float64) []byte {
	switch {
	case f != f:
		return append(out, "NaN"...)
	case math.IsInf(f, 1):
		return append(out, "Infinity"...)
	case math.IsInf(f, -1):
		return append(out, "-Infinity"...)
	}
	return appendFloat(out, f)
}

// appendRow writes a prediction as Python's json does: a number, or a list of them.
func appendRow(out []byte, row []float64) []byte {
	if len(row) == 1 {
		return appendJSON(out, row[0])
	}
	out = append(out, '[')
	for i, f := range row {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = appendJSON(out, f)
	}
	return append(out, ']')
}
