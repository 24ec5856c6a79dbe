package validate

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws/schema"
)

// maxPrinted is how many bytes of a value a message shows.
const maxPrinted = 2048

// quoted is a value as it stands between "Value" and "at": in quotes after a
// space, or nothing when it must not be shown.
func quoted(s *schema.Shape, v reflect.Value) string {
	if hidden(s) {
		return ""
	}
	var b strings.Builder
	write(&b, s, v)
	text := b.String()
	if len(text) > maxPrinted {
		text = strings.ToValidUTF8(text[:maxPrinted], "") + "..."
	}
	return " '" + text + "'"
}

// hidden says whether values of s are not printed: sensitive ones, lists and
// maps of such, and blobs.
func hidden(s *schema.Shape) bool {
	switch s.Kind {
	case schema.Blob:
		return true
	case schema.List:
		return s.Sensitive || hidden(s.Elem)
	case schema.Map:
		return s.Sensitive || hidden(s.Elem) || hidden(s.Key)
	}
	return s.Sensitive
}

// write prints v as Java's collections print themselves, and structures in the
// manner of its records.
func write(b *strings.Builder, s *schema.Shape, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			b.WriteString("null")
			return
		}
		v = v.Elem()
	}
	if b.Len() > maxPrinted {
		return
	}
	switch s.Kind {
	case schema.Structure, schema.Union:
		b.WriteString(s.Name)
		b.WriteByte('(')
		comma := ""
		for i := range s.Members {
			m := &s.Members[i]
			field := v.Field(m.Field)
			if m.Shape.Kind == schema.EventStream || absent(field) {
				continue
			}
			b.WriteString(comma + lowerFirst(m.Name) + "=")
			comma = ", "
			if hidden(m.Shape) {
				b.WriteString("***")
				continue
			}
			write(b, m.Shape, field)
		}
		b.WriteByte(')')
	case schema.List:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteString(", ")
			}
			write(b, s.Elem, v.Index(i))
		}
		b.WriteByte(']')
	case schema.Map:
		b.WriteByte('{')
		for i, key := range sortedKeys(v) {
			if i > 0 {
				b.WriteString(", ")
			}
			write(b, s.Key, key)
			b.WriteByte('=')
			write(b, s.Elem, v.MapIndex(key))
		}
		b.WriteByte('}')
	default:
		b.WriteString(printScalar(v))
	}
}

func printScalar(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		if v.String() == schema.EmptyEnum {
			return ""
		}
		return v.String()
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Float32, reflect.Float64:
		s := strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits())
		if strings.Trim(s, "-0123456789") == "" {
			s += ".0" // as Java prints a whole double
		}
		return s
	}
	if t, ok := v.Interface().(time.Time); ok {
		return t.UTC().Format(time.RFC3339Nano)
	}
	return "***"
}

// sortedKeys are a map's keys in order, so that messages do not vary.
func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}
