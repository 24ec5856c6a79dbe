// Package goshape sets and reads the Go values that shapes become (see package
// aws/schema) for the codecs of the query and CBOR protocols: which pointer to
// make, which numbers fit, what counts as absent.
package goshape

import (
	"math"
	"reflect"
	"time"

	"github.com/sagebrush/sagebrush/aws/schema"
)

var timeType = reflect.TypeFor[time.Time]()

// Alloc is what v stands for: v itself, or the new value that the pointer v now
// points to.
func Alloc(v reflect.Value) reflect.Value {
	if v.Kind() != reflect.Pointer {
		return v
	}
	v.Set(reflect.New(v.Type().Elem()))
	return v.Elem()
}

// Absent says that an answer does not mention v: a nil pointer, slice or map, or
// the empty enum.
func Absent(shape *schema.Shape, v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Func:
		return v.IsNil()
	case reflect.String:
		return shape.Kind == schema.Enum && v.Len() == 0
	}
	return false
}

// Value is v, or what v points to.
func Value(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Pointer {
		return v.Elem()
	}
	return v
}

// SetString sets a string or enum. An enum that is present and empty becomes
// schema.EmptyEnum.
func SetString(shape *schema.Shape, v reflect.Value, s string) {
	if s == "" && shape.Kind == schema.Enum {
		s = schema.EmptyEnum
	}
	Alloc(v).SetString(s)
}

// String is the text of a string or enum.
func String(v reflect.Value) string {
	if s := Value(v).String(); s != schema.EmptyEnum {
		return s
	}
	return ""
}

// SetInt sets an integer or long; false when n does not fit.
func SetInt(v reflect.Value, n int64) bool {
	e := Alloc(v)
	if e.OverflowInt(n) {
		return false
	}
	e.SetInt(n)
	return true
}

// SetFloat sets a float or double; false when f is finite and does not fit.
func SetFloat(v reflect.Value, f float64) bool {
	e := Alloc(v)
	if !math.IsInf(f, 0) && e.OverflowFloat(f) {
		return false
	}
	e.SetFloat(f)
	return true
}

// SetBool sets a boolean.
func SetBool(v reflect.Value, b bool) { Alloc(v).SetBool(b) }

// SetTime sets a timestamp, in UTC.
func SetTime(v reflect.Value, t time.Time) { Alloc(v).Set(reflect.ValueOf(t.UTC())) }

// Time is a timestamp's value; the zero time for anything else.
func Time(v reflect.Value) time.Time {
	if v = Value(v); v.Type() == timeType {
		return v.Interface().(time.Time)
	}
	return time.Time{}
}

// SetBytes sets a blob; present and empty is not absent.
func SetBytes(v reflect.Value, b []byte) {
	if b == nil {
		b = []byte{}
	}
	v.SetBytes(b)
}
