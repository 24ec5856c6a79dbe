package codec

import (
	"encoding/base64"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sagebrush/sagebrush/aws/schema"
)

// AppendJSON appends the JSON of the Go value that from points to. Errors are
// the caller's mistakes in building the value: a type that does not fit the
// shape, a union with none or several members set, a nil in a list.
func AppendJSON(dst []byte, shape *schema.Shape, from any) ([]byte, error) {
	p, v, err := target(shape, from)
	if err != nil {
		return dst, err
	}
	return appendValue(dst, p, v)
}

// appendValue appends v, which is not absent.
func appendValue(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	if p.ptr {
		if v.IsNil() {
			return dst, invalid("nil found inside a list or map")
		}
		v = v.Elem()
	}
	switch p.kind {
	case schema.Structure, schema.Union:
		return appendStructure(dst, p, v)
	case schema.List:
		return appendList(dst, p, v)
	case schema.Map:
		return appendMap(dst, p, v)
	case schema.String:
		return appendText(dst, v.String()), nil
	case schema.Enum:
		return appendText(dst, enumText(v.String())), nil
	case schema.Boolean:
		return strconv.AppendBool(dst, v.Bool()), nil
	case schema.Integer, schema.Long:
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case schema.Float:
		return appendFloat(dst, v.Float(), 32), nil
	case schema.Double:
		return appendFloat(dst, v.Float(), 64), nil
	case schema.Timestamp:
		t := *v.Addr().Interface().(*time.Time)
		if p.format == "" || p.format == "unixTimestamp" {
			return appendEpoch(dst, t), nil
		}
		return appendText(dst, formatTime(t, p.format)), nil
	case schema.Blob:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, v.Bytes())
		return append(dst, '"'), nil
	}
	return dst, invalid("an event stream has no JSON")
}

func appendStructure(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	if p.kind == schema.Union {
		if err := checkUnion(p, v); err != nil {
			return dst, err
		}
	}
	dst = append(dst, '{')
	first := true
	for _, m := range p.members {
		field := v.Field(m.field)
		if absent(m.plan, field) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, m.label...)
		var err error
		if dst, err = appendValue(dst, m.plan, field); err != nil {
			return dst, withinName(err, m.name)
		}
	}
	return append(dst, '}'), nil
}

// absent says whether a structure's field is not set.
func absent(p *plan, field reflect.Value) bool {
	if p.kind == schema.Enum {
		return field.Len() == 0
	}
	return field.IsNil() // pointers, slices and maps alike
}

func appendList(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendValue(dst, p.elem, v.Index(i)); err != nil {
			return dst, withinIndex(err, i)
		}
	}
	return append(dst, ']'), nil
}

func appendMap(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	if m, ok := v.Interface().(map[string]string); ok {
		return appendTexts(dst, m), nil
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		switch {
		case a.String() < b.String():
			return -1
		case a.String() > b.String():
			return 1
		}
		return 0
	})
	value := reflect.New(p.typ.Elem()).Elem() // addressable, which a map's are not
	dst = append(dst, '{')
	for i, key := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		name := key.String()
		if p.shape.Key.Kind == schema.Enum {
			name = enumText(name)
		}
		dst = append(appendText(dst, name), ':')
		value.Set(v.MapIndex(key))
		var err error
		if dst, err = appendValue(dst, p.elem, value); err != nil {
			return dst, within(err, key.String())
		}
	}
	return append(dst, '}'), nil
}

// appendTexts is appendMap for the commonest type.
func appendTexts(dst []byte, m map[string]string) []byte {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	dst = append(dst, '{')
	for i, key := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, key), ':')
		dst = appendText(dst, m[key])
	}
	return append(dst, '}')
}

// appendText appends a string literal. HTML is not escaped; bytes that are no
// UTF-8 become U+FFFD rather than break the answer.
func appendText(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			dst, _ = jsontext.AppendQuote(dst, s) // the error says that U+FFFD was needed
			return dst
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// enumText is an enum's text on the wire.
func enumText(s string) string {
	if s == schema.EmptyEnum {
		return ""
	}
	return s
}

// appendFloat appends the shortest number that reads back the same.
func appendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	return jsontext.AppendFloat(dst, f, bits)
}
