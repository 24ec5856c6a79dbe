package validate_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/logs"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/api/sts"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/codec/codectest"
	"github.com/sagebrush/sagebrush/wire/validate"
)

// Every constraint of every input's shapes, on a value that breaks this one:
// each is found and worded. The walk starts from a valid input of each operation, breaks
// one value at a time, looks for the message and repairs it.
func TestEveryConstraintIsEnforced(t *testing.T) {
	t.Parallel()
	kinds := map[string]int{}
	for _, svc := range []*schema.Service{sagemaker.Service, sagemakerruntime.Service, logs.Service, sts.Service} {
		for _, op := range svc.Operations {
			g := codectest.New(7)
			g.Full = true
			in := op.NewInput()
			g.Fill(op.Input, in)
			b := &breaker{op: op, in: in, kinds: kinds, done: map[string]bool{}, fail: func(format string, args ...any) {
				t.Errorf(svc.ID+" "+op.Name+": "+format, args...)
			}}
			b.structure(op.Input, reflect.ValueOf(in).Elem(), nil)
		}
	}
	for _, kind := range []string{"required", "enum", "max length", "min length", "pattern", "max value", "min value", "max items", "min items", "list element", "map key", "map value"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s was ever broken", kind)
		}
	}
	t.Log(kinds)
}

type breaker struct {
	op    *schema.Operation
	in    any
	kinds map[string]int
	// done holds the constraints that this operation has shown to enforce: one
	// shape is not broken in every place where it is used.
	done map[string]bool
	fail func(format string, args ...any)
}

// expect validates the whole input and wants one violation at path.
func (b *breaker) expect(kind string, path []string, constraint string) {
	b.kinds[kind]++
	at := "at '" + strings.Join(path, ".") + "' failed to satisfy constraint: " + constraint
	err := validate.Input(b.op.Input, b.in)
	switch {
	case err == nil:
		b.fail("%s: %s is not found", kind, at)
	case !strings.Contains(err.Message, at):
		b.fail("%s: want … %s …, got %.600s", kind, at, err.Message)
	}
}

func (b *breaker) structure(s *schema.Shape, v reflect.Value, path []string) {
	if len(path) > 0 && b.done[s.Name] {
		return
	}
	b.done[s.Name] = true
	for i := range s.Members {
		m := &s.Members[i]
		field := v.Field(m.Field)
		if field.IsZero() || m.JSONValue {
			continue
		}
		at := append(path[:len(path):len(path)], strings.ToLower(m.Name[:1])+m.Name[1:])
		if m.Required {
			saved := reflect.ValueOf(field.Interface())
			field.SetZero()
			b.expect("required", at, "Member must not be null")
			field.Set(saved)
		}
		b.value(m.Shape, field, at)
	}
}

func (b *breaker) value(s *schema.Shape, v reflect.Value, path []string) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch s.Kind {
	case schema.Structure, schema.Union:
		b.structure(s, v, path)
		return
	case schema.List, schema.Map:
		b.container(s, v, path)
		return
	}
	for kind, broken := range breakages(s, v) {
		if b.done[s.Name+kind] {
			continue
		}
		b.done[s.Name+kind] = true
		saved := reflect.ValueOf(v.Interface())
		v.Set(broken)
		b.expect(kind, path, wording(s, kind))
		v.Set(saved)
	}
}

// container breaks the number of items, then one item.
func (b *breaker) container(s *schema.Shape, v reflect.Value, path []string) {
	if b.done[s.Name] {
		return
	}
	b.done[s.Name] = true
	saved := reflect.ValueOf(v.Interface())
	if s.HasMax && s.Max <= 200 && s.Kind == schema.List {
		many := reflect.MakeSlice(v.Type(), int(s.Max)+1, int(s.Max)+1)
		for i := range many.Len() {
			if saved.Len() > 0 {
				many.Index(i).Set(saved.Index(0))
			}
		}
		v.Set(many)
		b.expect("max items", path, fmt.Sprintf("Member must have length less than or equal to %d", int(s.Max)))
		v.Set(saved)
	}
	if s.HasMin && s.Min > 0 {
		empty := reflect.MakeSlice(reflect.SliceOf(v.Type().Elem()), 0, 0)
		if s.Kind == schema.Map {
			empty = reflect.MakeMap(v.Type())
		}
		v.Set(empty)
		b.expect("min items", path, fmt.Sprintf("Member must have length greater than or equal to %d", int(s.Min)))
		v.Set(saved)
	}
	if v.Len() == 0 {
		return
	}
	if s.Kind == schema.Map {
		b.mapping(s, v, path)
		return
	}
	elem := v.Index(0)
	switch s.Elem.Kind {
	case schema.Structure, schema.Union, schema.List, schema.Map:
		b.value(s.Elem, elem, append(path[:len(path):len(path)], "1", "member"))
		return
	}
	for kind, broken := range breakages(s.Elem, elem) {
		saved := reflect.ValueOf(elem.Interface())
		elem.Set(broken)
		b.expect("list element", path, "Member must satisfy constraint: [")
		b.expect(kind, path, "Member must satisfy constraint: ["+within(wording(s.Elem, kind), s.Elem, kind))
		elem.Set(saved)
	}
}

func (b *breaker) mapping(s *schema.Shape, v reflect.Value, path []string) {
	key := v.MapKeys()[0]
	value := reflect.New(v.Type().Elem()).Elem()
	value.Set(v.MapIndex(key))
	switch s.Elem.Kind {
	case schema.Structure, schema.Union:
		b.value(s.Elem, value, append(path[:len(path):len(path)], key.String(), "member"))
	case schema.List, schema.Map:
	default:
		for _, broken := range breakages(s.Elem, value) {
			v.SetMapIndex(key, broken.Convert(v.Type().Elem()))
			b.expect("map value", path, "Map value must satisfy constraint: [Member must ")
		}
	}
	v.SetMapIndex(key, value)
	probe := reflect.New(v.Type().Key()).Elem()
	probe.Set(key)
	for _, broken := range breakages(s.Key, probe) {
		broken = broken.Convert(v.Type().Key())
		v.SetMapIndex(broken, value)
		b.expect("map key", path, "Map keys must satisfy constraint: [Member must ")
		v.SetMapIndex(broken, reflect.Value{})
	}
}
