package codec

import (
	"bytes"
	"encoding/base64"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sagebrush/sagebrush/aws/schema"
)

// goNames are the types as the Java behind AWS's messages calls them.
var goNames = map[schema.Kind]string{
	schema.String: "a String", schema.Enum: "a String", schema.Blob: "a Blob",
	schema.Integer: "an Integer", schema.Long: "a Long",
	schema.Float: "a Float", schema.Double: "a Double",
	schema.Boolean: "a Boolean", schema.Timestamp: "a Timestamp",
}

// kindName is a JSON value's kind as AWS's messages call it.
func kindName(value []byte) string {
	switch value[0] {
	case '"':
		return "STRING_VALUE"
	case 't':
		return "TRUE_VALUE"
	case 'f':
		return "FALSE_VALUE"
	case 'n':
		return "VALUE_NULL"
	}
	return "NUMBER_VALUE"
}

// mismatch is the refusal of value, a JSON scalar, for kind.
func mismatch(value []byte, kind schema.Kind) error {
	return invalid(kindName(value) + " can not be converted to " + goNames[kind])
}

// raw reads a scalar's text, refusing lists, structures and null.
func (d *decoder) raw() ([]byte, error) {
	switch d.PeekKind() {
	case '[':
		return nil, invalid("Start of list found where not expected")
	case '{':
		return nil, invalid("Start of structure or map found where not expected.")
	case 'n':
		if _, err := d.ReadToken(); err != nil {
			return nil, err
		}
		return nil, invalid("null found where not expected")
	}
	return d.ReadValue()
}

// text reads a string.
func (d *decoder) text() (string, error) {
	value, err := d.raw()
	if err != nil {
		return "", err
	}
	if value[0] != '"' {
		return "", mismatch(value, schema.String)
	}
	return unquote(value)
}

func unquote(quoted []byte) (string, error) {
	raw := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw), nil
	}
	s, err := jsontext.AppendUnquote(nil, quoted)
	return string(s), err
}

// scalar reads anything that is neither structure nor list nor map.
func (d *decoder) scalar(p *plan, v reflect.Value) error {
	value, err := d.raw()
	if err != nil {
		return err
	}
	switch p.kind {
	case schema.String, schema.Enum:
		if value[0] != '"' {
			return mismatch(value, p.kind)
		}
		s, err := unquote(value)
		if err != nil {
			return err
		}
		setText(p, v, s)
	case schema.Boolean:
		switch {
		case value[0] == 't' || strings.EqualFold(string(value), `"true"`):
			settle(p, v, true)
		case value[0] == 'f' || strings.EqualFold(string(value), `"false"`):
			settle(p, v, false)
		default:
			return mismatch(value, p.kind)
		}
	case schema.Integer:
		n, err := integer(value, p.kind, 32)
		if err != nil {
			return err
		}
		settle(p, v, int32(n))
	case schema.Long:
		n, err := integer(value, p.kind, 64)
		if err != nil {
			return err
		}
		settle(p, v, n)
	case schema.Float:
		f, err := float(value, p.kind, 32)
		if err != nil {
			return err
		}
		settle(p, v, float32(f))
	case schema.Double:
		f, err := float(value, p.kind, 64)
		if err != nil {
			return err
		}
		settle(p, v, f)
	case schema.Timestamp:
		t, err := timestamp(value)
		if err != nil {
			return err
		}
		settle(p, v, t)
	case schema.Blob:
		b, err := blob(value)
		if err != nil {
			return err
		}
		v.SetBytes(b)
	}
	return nil
}

// setText stores a string or enum.
func setText(p *plan, v reflect.Value, s string) {
	switch {
	case p.kind == schema.Enum:
		if s == "" {
			s = schema.EmptyEnum
		}
		v.SetString(s)
	case p.ptr:
		*v.Addr().Interface().(**string) = &s
	default:
		v.SetString(s)
	}
}

// settle stores a scalar by value or by pointer, as the plan has it.
func settle[T any](p *plan, v reflect.Value, x T) {
	if p.ptr {
		*v.Addr().Interface().(**T) = &x
		return
	}
	*v.Addr().Interface().(*T) = x
}

// integer reads a whole number of the given size. 3.0 and 3e2 are whole.
func integer(value []byte, kind schema.Kind, bits int) (int64, error) {
	if c := value[0]; c != '-' && (c < '0' || c > '9') {
		return 0, mismatch(value, kind)
	}
	n, err := strconv.ParseInt(string(value), 10, bits)
	if err == nil {
		return n, nil
	}
	if f, ferr := strconv.ParseFloat(string(value), 64); ferr == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		if n := int64(f); bits == 64 || n == int64(int32(n)) {
			return n, nil
		}
	}
	return 0, invalid("NUMBER_VALUE " + clip(value) + " can not be converted to " + goNames[kind])
}

// float reads a number, or one of the three strings that stand for no number.
func float(value []byte, kind schema.Kind, bits int) (float64, error) {
	switch string(value) {
	case `"NaN"`:
		return math.NaN(), nil
	case `"Infinity"`:
		return math.Inf(1), nil
	case `"-Infinity"`:
		return math.Inf(-1), nil
	}
	if c := value[0]; c != '-' && (c < '0' || c > '9') {
		return 0, mismatch(value, kind)
	}
	f, err := strconv.ParseFloat(string(value), bits)
	if err != nil {
		return 0, invalid("NUMBER_VALUE " + clip(value) + " can not be converted to " + goNames[kind])
	}
	return f, nil
}

// timestamp reads epoch seconds or a date in text.
func timestamp(value []byte) (time.Time, error) {
	if value[0] == 't' || value[0] == 'f' {
		return time.Time{}, mismatch(value, schema.Timestamp)
	}
	s := string(value)
	if value[0] == '"' {
		var err error
		if s, err = unquote(value); err != nil {
			return time.Time{}, err
		}
	}
	t, ok := ParseTime(s)
	if !ok {
		return time.Time{}, invalid(kindName(value) + " " + clip(value) +
			" can not be converted to a Timestamp: give seconds since 1970-01-01 UTC, or a date such as 2023-12-15T08:30:00Z")
	}
	return t, nil
}

func blob(value []byte) ([]byte, error) {
	if value[0] != '"' {
		return nil, mismatch(value, schema.Blob)
	}
	s, err := unquote(value)
	if err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, invalid("STRING_VALUE can not be converted to a Blob: it is not valid base64")
	}
	return b, nil
}

// clip shortens a value for a message.
func clip(value []byte) string {
	const most = 40
	if len(value) > most {
		return strings.ToValidUTF8(string(value[:most]), "") + "…"
	}
	return string(value)
}
