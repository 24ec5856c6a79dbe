package codectest

import (
	"fmt"
	"math"
	"reflect"
	"time"
)

// Diff says where a and b, values of generated types, differ, or answers "".
// Other than reflect.DeepEqual it takes NaN for equal to itself and times for
// equal when they are the same instant.
func Diff(a, b any) string { return diff("", reflect.ValueOf(a), reflect.ValueOf(b)) }

func diff(path string, a, b reflect.Value) string {
	if a.IsValid() != b.IsValid() || a.IsValid() && a.Type() != b.Type() {
		return fmt.Sprintf("%s: different types", path)
	}
	if !a.IsValid() {
		return ""
	}
	different := fmt.Sprintf("%s: %.200v is not %.200v", path, a, b)
	switch a.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Func:
		if a.IsNil() != b.IsNil() {
			return different
		}
		if a.IsNil() {
			return ""
		}
	}
	switch a.Kind() {
	case reflect.Pointer:
		return diff(path, a.Elem(), b.Elem())
	case reflect.Struct:
		if t, ok := a.Interface().(time.Time); ok {
			if !t.Equal(b.Interface().(time.Time)) {
				return different
			}
			return ""
		}
		for i := range a.NumField() {
			if d := diff(path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i)); d != "" {
				return d
			}
		}
		return ""
	case reflect.Slice:
		if a.Len() != b.Len() {
			return different
		}
		for i := range a.Len() {
			if d := diff(fmt.Sprintf("%s[%d]", path, i), a.Index(i), b.Index(i)); d != "" {
				return d
			}
		}
		return ""
	case reflect.Map:
		if a.Len() != b.Len() {
			return different
		}
		for _, key := range a.MapKeys() {
			other := b.MapIndex(key)
			if !other.IsValid() {
				return fmt.Sprintf("%s[%q]: missing", path, key)
			}
			if d := diff(fmt.Sprintf("%s[%q]", path, key), a.MapIndex(key), other); d != "" {
				return d
			}
		}
		return ""
	case reflect.Float32, reflect.Float64:
		if math.IsNaN(a.Float()) && math.IsNaN(b.Float()) {
			return ""
		}
	case reflect.Func:
		return "" // event streams cannot be compared
	}
	if !a.Equal(b) {
		return different
	}
	return ""
}
