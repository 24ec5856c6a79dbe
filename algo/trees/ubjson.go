package trees

import (
	"encoding/binary"
	"fmt"
	"math"
)

// ubjsonReader reads the UBJSON that XGBoost writes, with its lists of one type.
type ubjsonReader struct {
	data []byte
	at   int
}

func readUBJSON(data []byte) (*value, error) {
	r := &ubjsonReader{data: data}
	var v value
	mark, err := r.mark()
	if err == nil {
		err = r.value(&v, mark, "", deepest)
	}
	if err != nil {
		return nil, fmt.Errorf("byte %d: %w", r.at, err)
	}
	return &v, nil
}

// mark takes the byte that says what follows; N means nothing.
func (r *ubjsonReader) mark() (byte, error) {
	for r.at < len(r.data) {
		c := r.data[r.at]
		r.at++
		if c != 'N' {
			return c, nil
		}
	}
	return 0, fmt.Errorf("the file is cut off")
}

// bytes takes n bytes.
func (r *ubjsonReader) bytes(n int) ([]byte, error) {
	if n < 0 || n > len(r.data)-r.at {
		return nil, fmt.Errorf("the file is cut off")
	}
	b := r.data[r.at : r.at+n]
	r.at += n
	return b, nil
}

// width is the size of a number of a type, 0 if the type is none of these.
func width(mark byte) int {
	switch mark {
	case 'i', 'U':
		return 1
	case 'I':
		return 2
	case 'l', 'd':
		return 4
	case 'L', 'D':
		return 8
	}
	return 0
}

// decode reads a number of a type.
func decode(mark byte, b []byte) float64 {
	switch mark {
	case 'i':
		return float64(int8(b[0]))
	case 'U':
		return float64(b[0])
	case 'I':
		return float64(int16(binary.BigEndian.Uint16(b)))
	case 'l':
		return float64(int32(binary.BigEndian.Uint32(b)))
	case 'L':
		return float64(int64(binary.BigEndian.Uint64(b)))
	case 'd':
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b))
}

// length reads a length with its type.
func (r *ubjsonReader) length() (int, error) {
	mark, err := r.mark()
	if err != nil {
		return 0, err
	}
	size := width(mark)
	if size == 0 || mark == 'd' || mark == 'D' {
		return 0, fmt.Errorf("a length has type %q", mark)
	}
	b, err := r.bytes(size)
	if err != nil {
		return 0, err
	}
	n := decode(mark, b)
	if n < 0 || n > float64(len(r.data)) {
		return 0, fmt.Errorf("a length is %v in a file of %d bytes", n, len(r.data))
	}
	return int(n), nil
}

func (r *ubjsonReader) text() (string, error) {
	n, err := r.length()
	if err != nil {
		return "", err
	}
	b, err := r.bytes(n)
	return string(b), err
}

func (r *ubjsonReader) value(v *value, mark byte, name string, depth int) (err error) {
	if depth == 0 {
		return fmt.Errorf("more than %d levels", deepest)
	}
	switch mark {
	case '{':
		return r.object(v, depth)
	case '[':
		return r.list(v, name, depth)
	case 'S':
		v.kind = text
		v.text, err = r.text()
		return err
	case 'C':
		b, err := r.bytes(1)
		v.kind, v.text = text, string(b)
		return err
	case 'Z':
		return nil
	case 'T', 'F':
		v.kind = figure
		if mark == 'T' {
			v.number = 1
		}
		return nil
	}
	size := width(mark)
	if size == 0 {
		return fmt.Errorf("a value has type %q", mark)
	}
	b, err := r.bytes(size)
	if err != nil {
		return err
	}
	v.kind, v.number = figure, decode(mark, b)
	return nil
}

func (r *ubjsonReader) object(v *value, depth int) error {
	v.kind = object
	for {
		mark, err := r.mark()
		if err != nil {
			return err
		}
		if mark == '}' {
			return nil
		}
		r.at-- // it is the type of the name's length
		name, err := r.text()
		if err != nil {
			return err
		}
		if mark, err = r.mark(); err != nil {
			return err
		}
		v.members = append(v.members, member{name: name})
		if err := r.value(&v.members[len(v.members)-1].value, mark, name, depth-1); err != nil {
			return err
		}
	}
}

func (r *ubjsonReader) list(v *value, name string, depth int) error {
	v.kind = list
	mark, err := r.mark()
	if err != nil {
		return err
	}
	if mark == '$' {
		return r.typed(v, name)
	}
	count := -1
	if mark == '#' {
		if count, err = r.length(); err != nil {
			return err
		}
	} else {
		r.at--
	}
	for ; count != 0; count-- {
		if mark, err = r.mark(); err != nil {
			return err
		}
		if count < 0 && mark == ']' {
			return nil
		}
		if width(mark) > 0 && (v.kind == figures || len(v.items) == 0) {
			var one value
			if err := r.value(&one, mark, "", depth-1); err != nil {
				return err
			}
			v.kind = figures
			v.numbers = append(v.numbers, one.number)
			continue
		}
		if v.kind == figures {
			return fmt.Errorf("a list holds numbers and others")
		}
		v.items = append(v.items, value{})
		if err := r.value(&v.items[len(v.items)-1], mark, "", depth-1); err != nil {
			return err
		}
	}
	return nil
}

// typed reads a list of numbers of one type.
func (r *ubjsonReader) typed(v *value, name string) error {
	kind, err := r.mark()
	if err != nil {
		return err
	}
	if sign, err := r.mark(); err != nil || sign != '#' {
		return fmt.Errorf("a list of type %q has no length", kind)
	}
	size := width(kind)
	if size == 0 {
		return fmt.Errorf("a list has type %q", kind)
	}
	n, err := r.length()
	if err != nil {
		return err
	}
	b, err := r.bytes(n * size)
	if err != nil || unread(name) {
		return err
	}
	v.kind, v.numbers = figures, make([]float64, n)
	for i := range v.numbers {
		v.numbers[i] = decode(kind, b[i*size:])
	}
	return nil
}
