package trees

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonReader reads JSON into values. Numbers with a point or an exponent are
// rounded to float32, which is what XGBoost writes.
type jsonReader struct {
	data []byte
	at   int
}

func readJSON(data []byte) (*value, error) {
	r := &jsonReader{data: data}
	var v value
	if err := r.value(&v, "", deepest); err != nil {
		return nil, fmt.Errorf("byte %d: %w", r.at, err)
	}
	r.blanks()
	// A file may end in a NUL, as C strings do.
	if rest := bytes.Trim(r.data[r.at:], "\x00\n"); len(rest) > 0 {
		return nil, fmt.Errorf("byte %d: more follows after the end", r.at)
	}
	return &v, nil
}

func (r *jsonReader) blanks() {
	for r.at < len(r.data) {
		switch r.data[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// next is the first byte that is no blank, 0 at the end.
func (r *jsonReader) next() byte {
	r.blanks()
	if r.at == len(r.data) {
		return 0
	}
	return r.data[r.at]
}

// take takes that byte if it is c.
func (r *jsonReader) take(c byte) bool {
	if r.next() != c {
		return false
	}
	r.at++
	return true
}

func (r *jsonReader) value(v *value, name string, depth int) error {
	if depth == 0 {
		return fmt.Errorf("more than %d levels", deepest)
	}
	switch c := r.next(); {
	case c == '{':
		return r.object(v, depth)
	case c == '[':
		return r.list(v, name, depth)
	case c == '"':
		var err error
		v.kind = text
		v.text, err = r.string()
		return err
	case c == '-' || c >= '0' && c <= '9':
		var err error
		v.kind = figure
		v.number, err = r.number()
		return err
	}
	for _, word := range []struct {
		text   string
		kind   valueKind
		number float64
	}{{"true", figure, 1}, {"false", figure, 0}, {"null", null, 0}} {
		if bytes.HasPrefix(r.data[r.at:], []byte(word.text)) {
			r.at += len(word.text)
			v.kind, v.number = word.kind, word.number
			return nil
		}
	}
	return fmt.Errorf("there is no value")
}

func (r *jsonReader) object(v *value, depth int) error {
	v.kind = object
	r.at++
	if r.take('}') {
		return nil
	}
	for {
		if r.next() != '"' {
			return fmt.Errorf("a name is missing")
		}
		name, err := r.string()
		if err != nil {
			return err
		}
		if !r.take(':') {
			return fmt.Errorf("a colon is missing")
		}
		v.members = append(v.members, member{name: name})
		if err := r.value(&v.members[len(v.members)-1].value, name, depth-1); err != nil {
			return err
		}
		if r.take('}') {
			return nil
		}
		if !r.take(',') {
			return fmt.Errorf("a comma is missing")
		}
	}
}

func (r *jsonReader) list(v *value, name string, depth int) error {
	r.at++
	if unread(name) && r.skip() {
		return nil
	}
	v.kind = list
	if r.take(']') {
		return nil
	}
	if c := r.next(); c == '-' || c >= '0' && c <= '9' {
		return r.figures(v)
	}
	for {
		v.items = append(v.items, value{})
		if err := r.value(&v.items[len(v.items)-1], "", depth-1); err != nil {
			return err
		}
		if r.take(']') {
			return nil
		}
		if !r.take(',') {
			return fmt.Errorf("a comma is missing")
		}
	}
}

// skip passes over a list that holds no text and no other list.
func (r *jsonReader) skip() bool {
	end := bytes.IndexByte(r.data[r.at:], ']')
	if end < 0 || bytes.ContainsAny(r.data[r.at:r.at+end], `"[{`) {
		return false
	}
	r.at += end + 1
	return true
}

func (r *jsonReader) figures(v *value) error {
	v.kind = figures
	// Guess the length from the distance to the end: 2 bytes a number at least.
	if end := bytes.IndexByte(r.data[r.at:], ']'); end > 0 {
		v.numbers = make([]float64, 0, 1+bytes.Count(r.data[r.at:r.at+end], []byte{','}))
	}
	for {
		n, err := r.number()
		if err != nil {
			return err
		}
		v.numbers = append(v.numbers, n)
		if r.take(']') {
			return nil
		}
		if !r.take(',') {
			return fmt.Errorf("a comma is missing")
		}
		r.blanks()
	}
}

func (r *jsonReader) number() (float64, error) {
	begin, whole, n := r.at, true, 0
	negative := r.at < len(r.data) && r.data[r.at] == '-'
	if negative {
		r.at++
	}
scan:
	for ; r.at < len(r.data); r.at++ {
		switch c := r.data[r.at]; {
		case c >= '0' && c <= '9':
			if n < 1<<52 {
				n = 10*n + int(c-'0')
			}
		case c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-':
			whole = false
		default:
			break scan
		}
	}
	if whole && r.at > begin && n < 1<<52 && (r.at-begin > 1 || !negative) {
		if negative {
			n = -n
		}
		return float64(n), nil
	}
	f, err := strconv.ParseFloat(string(r.data[begin:r.at]), 32)
	if err != nil && f == 0 {
		return 0, fmt.Errorf("%.40q is no number", r.data[begin:r.at])
	}
	return f, nil
}

func (r *jsonReader) string() (string, error) {
	r.at++
	begin := r.at
	end := bytes.IndexByte(r.data[begin:], '"')
	if end < 0 {
		return "", fmt.Errorf("a text does not end")
	}
	if plain := r.data[begin : begin+end]; bytes.IndexByte(plain, '\\') < 0 {
		r.at += end + 1
		return string(plain), nil
	}
	var out []byte
	for r.at < len(r.data) {
		c := r.data[r.at]
		r.at++
		switch {
		case c == '"':
			return string(out), nil
		case c != '\\':
			out = append(out, c)
		default:
			var err error
			if out, err = r.escape(out); err != nil {
				return "", err
			}
		}
	}
	return "", fmt.Errorf("a text does not end")
}

func (r *jsonReader) escape(out []byte) ([]byte, error) {
	if r.at == len(r.data) {
		return nil, fmt.Errorf("a text does not end")
	}
	c := r.data[r.at]
	r.at++
	if at := bytes.IndexByte([]byte(`"\/bfnrt`), c); at >= 0 {
		return append(out, "\"\\/\b\f\n\r\t"[at]), nil
	}
	if c != 'u' {
		return nil, fmt.Errorf("the escape \\%c is not known", c)
	}
	u, err := r.hex()
	if err != nil {
		return nil, err
	}
	if utf16.IsSurrogate(u) && bytes.HasPrefix(r.data[r.at:], []byte(`\u`)) {
		r.at += 2
		low, err := r.hex()
		if err != nil {
			return nil, err
		}
		u = utf16.DecodeRune(u, low)
	}
	return utf8.AppendRune(out, u), nil
}

func (r *jsonReader) hex() (rune, error) {
	if len(r.data)-r.at < 4 {
		return 0, fmt.Errorf("a text does not end")
	}
	u, err := strconv.ParseUint(string(r.data[r.at:r.at+4]), 16, 32)
	r.at += 4
	return rune(u), err
}
