package query

import (
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/goshape"
)

// ContentType of the answers.
const ContentType = "text/xml"

// AppendResponse appends the answer of an operation: its output, a pointer to
// the Go struct, and the request's id.
func AppendResponse(dst []byte, svc *schema.Service, op *schema.Operation, out any, requestID string) []byte {
	dst = append(dst, '<')
	dst = append(dst, op.Name...)
	dst = append(dst, `Response xmlns="`...)
	dst = append(dst, svc.XMLNamespace...)
	dst = append(dst, `">`...)
	v := reflect.ValueOf(out)
	// Without a modelled wrapper the operation has nothing to say.
	if op.ResultWrapper != "" && op.Output != nil {
		dst = element(dst, op.ResultWrapper, func(dst []byte) []byte {
			if v.IsNil() {
				return dst
			}
			return appendStructure(dst, op.Output, v.Elem())
		})
	}
	dst = append(dst, `<ResponseMetadata><RequestId>`...)
	dst = appendText(dst, requestID)
	dst = append(dst, `</RequestId></ResponseMetadata></`...)
	dst = append(dst, op.Name...)
	return append(dst, `Response>`...)
}

// AppendError appends an error's answer. namespace is the service's, "" when the
// service is not known; kind is "Sender" or "Receiver", who is to blame.
func AppendError(dst []byte, namespace, kind, code, message, requestID string) []byte {
	dst = append(dst, `<ErrorResponse`...)
	if namespace != "" {
		dst = append(dst, ` xmlns="`...)
		dst = append(dst, namespace...)
		dst = append(dst, '"')
	}
	dst = append(dst, `><Error><Type>`...)
	dst = append(dst, kind...)
	dst = append(dst, `</Type><Code>`...)
	dst = appendText(dst, code)
	dst = append(dst, `</Code><Message>`...)
	dst = appendText(dst, message)
	dst = append(dst, `</Message></Error><RequestId>`...)
	dst = appendText(dst, requestID)
	return append(dst, `</RequestId></ErrorResponse>`...)
}

func element(dst []byte, name string, content func([]byte) []byte) []byte {
	dst = append(dst, '<')
	dst = append(dst, name...)
	dst = append(dst, '>')
	dst = content(dst)
	dst = append(dst, '<', '/')
	dst = append(dst, name...)
	return append(dst, '>')
}

func appendStructure(dst []byte, shape *schema.Shape, v reflect.Value) []byte {
	for i := range shape.Members {
		m := &shape.Members[i]
		f := v.Field(m.Field)
		if goshape.Absent(m.Shape, f) {
			continue
		}
		format := m.TimestampFormat
		if format == "" {
			format = m.Shape.TimestampFormat
		}
		name := wireName(m)
		if m.Shape.Flattened {
			dst = appendItems(dst, m.Shape, name, f)
			continue
		}
		dst = element(dst, name, func(dst []byte) []byte { return appendValue(dst, m.Shape, format, f) })
	}
	return dst
}

func appendValue(dst []byte, shape *schema.Shape, format string, v reflect.Value) []byte {
	switch shape.Kind {
	case schema.Structure, schema.Union:
		return appendStructure(dst, shape, v.Elem())
	case schema.List:
		return appendItems(dst, shape, cmp.Or(shape.ElemName, "member"), v)
	case schema.Map:
		return appendItems(dst, shape, "entry", v)
	}
	return appendScalar(dst, shape, format, v)
}

// appendItems appends a list's elements, or a map's entries by key, each as an
// element of that name.
func appendItems(dst []byte, shape *schema.Shape, name string, v reflect.Value) []byte {
	if shape.Kind == schema.List {
		for i := range v.Len() {
			dst = element(dst, name, func(dst []byte) []byte {
				return appendValue(dst, shape.Elem, shape.Elem.TimestampFormat, v.Index(i))
			})
		}
		return dst
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		dst = element(dst, name, func(dst []byte) []byte {
			dst = element(dst, cmp.Or(shape.KeyName, "key"), func(dst []byte) []byte { return appendText(dst, k.String()) })
			return element(dst, cmp.Or(shape.ElemName, "value"), func(dst []byte) []byte {
				return appendValue(dst, shape.Elem, shape.Elem.TimestampFormat, v.MapIndex(k))
			})
		})
	}
	return dst
}

func appendScalar(dst []byte, shape *schema.Shape, format string, v reflect.Value) []byte {
	switch shape.Kind {
	case schema.String, schema.Enum:
		return appendText(dst, goshape.String(v))
	case schema.Integer, schema.Long:
		return strconv.AppendInt(dst, goshape.Value(v).Int(), 10)
	case schema.Float, schema.Double:
		e := goshape.Value(v)
		return appendFloat(dst, e.Float(), e.Type().Bits())
	case schema.Boolean:
		return strconv.AppendBool(dst, goshape.Value(v).Bool())
	case schema.Timestamp:
		return appendTime(dst, goshape.Time(v), format)
	case schema.Blob:
		return base64.StdEncoding.AppendEncode(dst, v.Bytes())
	}
	return dst
}

func appendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, bits)
}

func appendTime(dst []byte, t time.Time, format string) []byte {
	t = t.UTC()
	switch format {
	case "unixTimestamp":
		return strconv.AppendFloat(dst, float64(t.UnixMilli())/1000, 'f', -1, 64)
	case "rfc822":
		return t.AppendFormat(dst, "Mon, 02 Jan 2006 15:04:05 GMT")
	}
	if t.Nanosecond()/int(time.Millisecond) == 0 {
		return t.AppendFormat(dst, "2006-01-02T15:04:05Z")
	}
	return t.AppendFormat(dst, "2006-01-02T15:04:05.000Z")
}

// appendText appends s as character data; what XML cannot carry becomes U+FFFD.
func appendText(dst []byte, s string) []byte {
	plain := utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r < 0x20 || r >= 0x7f || strings.ContainsRune(`"'&<>`, r)
	})
	if plain {
		return append(dst, s...)
	}
	w := writer{dst}
	_ = xml.EscapeText(&w, []byte(s)) // a writer in memory does not fail
	return w.buf
}

type writer struct{ buf []byte }

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	w.buf = append(w.buf, p...)
	return len(p), nil
}
