package cbor

import (
	"encoding/binary"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/goshape"
)

// ContentType of bodies, and Protocol as the smithy-protocol header names it.
const (
	ContentType = "application/cbor"
	Protocol    = "rpc-v2-cbor"
)

// CBOR's major types, in the upper three bits of an item's first byte.
const (
	majorUint   = 0 << 5
	majorNegInt = 1 << 5
	majorBytes  = 2 << 5
	majorText   = 3 << 5
	majorArray  = 4 << 5
	majorMap    = 5 << 5
	tagEpoch    = 6<<5 | 1
	simpleFalse = 7<<5 | 20
	simpleTrue  = 7<<5 | 21
	float32Item = 7<<5 | 26
	float64Item = 7<<5 | 27
)

// Append appends from, a pointer to the shape's Go struct; nil is the empty map.
// Members come in the model's order, map keys sorted.
func Append(dst []byte, shape *schema.Shape, from any) []byte {
	v := reflect.ValueOf(from)
	if shape == nil || !v.IsValid() || v.IsNil() {
		return append(dst, majorMap)
	}
	return appendStructure(dst, shape, v.Elem())
}

// AppendError appends an error's body: its type and message.
func AppendError(dst []byte, code, message string) []byte {
	dst = appendHead(dst, majorMap, 2)
	dst = appendString(dst, "__type")
	dst = appendString(dst, code)
	dst = appendString(dst, "message")
	return appendString(dst, message)
}

func appendHead(dst []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(dst, major|byte(n))
	case n <= math.MaxUint8:
		return append(dst, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, major|27), n)
}

func appendString(dst []byte, s string) []byte {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return append(appendHead(dst, majorText, uint64(len(s))), s...)
}

func appendInt(dst []byte, n int64) []byte {
	if n < 0 {
		return appendHead(dst, majorNegInt, uint64(-1-n))
	}
	return appendHead(dst, majorUint, uint64(n))
}

func appendStructure(dst []byte, shape *schema.Shape, v reflect.Value) []byte {
	present := 0
	for i := range shape.Members {
		if m := &shape.Members[i]; !goshape.Absent(m.Shape, v.Field(m.Field)) {
			present++
		}
	}
	dst = appendHead(dst, majorMap, uint64(present))
	for i := range shape.Members {
		m := &shape.Members[i]
		if f := v.Field(m.Field); !goshape.Absent(m.Shape, f) {
			dst = appendString(dst, m.Name)
			dst = appendValue(dst, m.Shape, f)
		}
	}
	return dst
}

func appendValue(dst []byte, shape *schema.Shape, v reflect.Value) []byte {
	switch shape.Kind {
	case schema.Structure, schema.Union:
		return appendStructure(dst, shape, v.Elem())
	case schema.List:
		dst = appendHead(dst, majorArray, uint64(v.Len()))
		for i := range v.Len() {
			dst = appendValue(dst, shape.Elem, v.Index(i))
		}
		return dst
	case schema.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		dst = appendHead(dst, majorMap, uint64(len(keys)))
		for _, k := range keys {
			dst = appendValue(appendString(dst, k.String()), shape.Elem, v.MapIndex(k))
		}
		return dst
	case schema.String, schema.Enum:
		return appendString(dst, goshape.String(v))
	case schema.Integer, schema.Long:
		return appendInt(dst, goshape.Value(v).Int())
	case schema.Float:
		return binary.BigEndian.AppendUint32(append(dst, float32Item), math.Float32bits(float32(goshape.Value(v).Float())))
	case schema.Double:
		return binary.BigEndian.AppendUint64(append(dst, float64Item), math.Float64bits(goshape.Value(v).Float()))
	case schema.Boolean:
		if goshape.Value(v).Bool() {
			return append(dst, simpleTrue)
		}
		return append(dst, simpleFalse)
	case schema.Timestamp:
		return appendTime(dst, goshape.Time(v))
	case schema.Blob:
		return append(appendHead(dst, majorBytes, uint64(v.Len())), v.Bytes()...)
	}
	return append(dst, majorMap)
}

// appendTime writes whole seconds as an integer and anything finer, to the
// millisecond, as a float.
func appendTime(dst []byte, t time.Time) []byte {
	dst = append(dst, tagEpoch)
	ms := t.UnixMilli()
	if ms%1000 == 0 {
		return appendInt(dst, ms/1000)
	}
	return binary.BigEndian.AppendUint64(append(dst, float64Item), math.Float64bits(float64(ms)/1000))
}
