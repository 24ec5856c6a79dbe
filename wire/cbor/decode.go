package cbor

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"reflect"
	"time"

	fx "github.com/fxamacker/cbor/v2"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/goshape"
)

// MaxDepth bounds the nesting of a body.
const MaxDepth = 32

// Decoder decodes bodies. It is safe for concurrent use.
type Decoder struct{ mode fx.DecMode }

// NewDecoder makes a Decoder.
func NewDecoder() (*Decoder, error) {
	mode, err := fx.DecOptions{
		DupMapKey:        fx.DupMapKeyEnforcedAPF,
		MaxNestedLevels:  MaxDepth,
		MaxArrayElements: 1 << 20,
		MaxMapPairs:      1 << 16,
		IndefLength:      fx.IndefLengthAllowed,
		UTF8:             fx.UTF8RejectInvalid,
		DefaultMapType:   reflect.TypeFor[map[string]any](),
		TimeTagToAny:     fx.TimeTagToTime,
	}.DecMode()
	if err != nil {
		return nil, fmt.Errorf("cbor: options: %w", err)
	}
	return &Decoder{mode}, nil
}

// Decode binds body to into, a pointer to the shape's Go struct. An empty body
// is an input without members. What does not fit is a SerializationException
// that names the member.
func (d *Decoder) Decode(shape *schema.Shape, body []byte, into any) error {
	if len(body) == 0 {
		return nil
	}
	var raw any
	if err := d.mode.Unmarshal(body, &raw); err != nil {
		what := "it is malformed"
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			what = "it ends too early"
		}
		return aws.Errorf(aws.SerializationException, "The body is not valid CBOR: %s: %w", what, err)
	}
	fields, ok := raw.(map[string]any)
	if !ok {
		return refuse("the body", "a map", raw)
	}
	return structure(shape, fields, reflect.ValueOf(into).Elem(), "")
}

func refuse(path, want string, got any) error {
	return aws.Errorf(aws.SerializationException, "Expected %s, found %s, at '%s'", want, kindName(got), path)
}

func kindName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case map[string]any:
		return "a map"
	case []any:
		return "a list"
	case string:
		return "text"
	case []byte:
		return "bytes"
	case bool:
		return "a boolean"
	case uint64, int64, big.Int:
		return "an integer"
	case float64:
		return "a float"
	case time.Time:
		return "a timestamp"
	}
	return "something else"
}

func structure(shape *schema.Shape, fields map[string]any, v reflect.Value, path string) error {
	set := 0
	for i := range shape.Members {
		m := &shape.Members[i]
		raw := fields[m.Name]
		if raw == nil {
			continue
		}
		set++
		at := m.Name
		if path != "" {
			at = path + "." + m.Name
		}
		if err := value(m.Shape, raw, v.Field(m.Field), at); err != nil {
			return err
		}
	}
	if shape.Kind == schema.Union && set != 1 {
		return aws.Errorf(aws.SerializationException, "Exactly one member of a union must be set, at '%s'", path)
	}
	return nil
}

func value(shape *schema.Shape, raw any, v reflect.Value, path string) error {
	switch shape.Kind {
	case schema.Structure, schema.Union:
		fields, ok := raw.(map[string]any)
		if !ok {
			return refuse(path, "a map", raw)
		}
		return structure(shape, fields, goshape.Alloc(v), path)
	case schema.List:
		items, ok := raw.([]any)
		if !ok {
			return refuse(path, "a list", raw)
		}
		out := reflect.MakeSlice(v.Type(), len(items), len(items))
		for i, item := range items {
			if err := value(shape.Elem, item, out.Index(i), fmt.Sprintf("%s.%d", path, i+1)); err != nil {
				return err
			}
		}
		v.Set(out)
		return nil
	case schema.Map:
		fields, ok := raw.(map[string]any)
		if !ok {
			return refuse(path, "a map", raw)
		}
		out := reflect.MakeMapWithSize(v.Type(), len(fields))
		for key, item := range fields {
			elem := reflect.New(v.Type().Elem()).Elem()
			if err := value(shape.Elem, item, elem, path+"."+key); err != nil {
				return err
			}
			out.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), elem)
		}
		v.Set(out)
		return nil
	}
	return scalar(shape, raw, v, path)
}

func scalar(shape *schema.Shape, raw any, v reflect.Value, path string) error {
	switch shape.Kind {
	case schema.String, schema.Enum:
		s, ok := raw.(string)
		if !ok {
			return refuse(path, "text", raw)
		}
		goshape.SetString(shape, v, s)
	case schema.Integer, schema.Long:
		n, ok := integer(raw)
		if !ok || !goshape.SetInt(v, n) {
			return refuse(path, "an integer that fits", raw)
		}
	case schema.Float, schema.Double:
		f, ok := float(raw)
		if !ok || !goshape.SetFloat(v, f) {
			return refuse(path, "a float that fits", raw)
		}
	case schema.Boolean:
		b, ok := raw.(bool)
		if !ok {
			return refuse(path, "a boolean", raw)
		}
		goshape.SetBool(v, b)
	case schema.Timestamp:
		t, ok := timestamp(raw)
		if !ok {
			return refuse(path, "a timestamp (tag 1)", raw)
		}
		goshape.SetTime(v, t)
	case schema.Blob:
		b, ok := raw.([]byte)
		if !ok {
			return refuse(path, "bytes", raw)
		}
		goshape.SetBytes(v, b)
	default:
		return refuse(path, "nothing in this protocol", raw)
	}
	return nil
}

func integer(raw any) (int64, bool) {
	switch n := raw.(type) {
	case int64:
		return n, true
	case uint64:
		return int64(n), n <= math.MaxInt64
	case float64: // some clients know one kind of number only
		return int64(n), n == math.Trunc(n) && math.Abs(n) < 1<<53
	}
	return 0, false
}

func float(raw any) (float64, bool) {
	switch n := raw.(type) {
	case float64:
		return n, true
	case int64:
		return float64(n), true
	case uint64:
		return float64(n), true
	}
	return 0, false
}

// timestamp takes tag 1, or its number without the tag, to the microsecond.
func timestamp(raw any) (time.Time, bool) {
	t, ok := raw.(time.Time)
	if ok && t.IsZero() { // what the library makes of NaN
		return t, false
	}
	if !ok {
		f, isNumber := float(raw)
		if !isNumber || !(math.Abs(f) < 1e12) {
			return t, false
		}
		t = time.UnixMicro(int64(math.Round(f * 1e6)))
	}
	t = t.UTC().Round(time.Microsecond)
	return t, t.Year() >= 1 && t.Year() <= 9999
}
