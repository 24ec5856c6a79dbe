package search

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Doc is a record as its values, in the order of their properties.
type Doc []Value

// Bytes is about how much memory the values take.
func (d Doc) Bytes() int {
	n := 64 * len(d)
	for _, v := range d {
		n += len(v.Property) + len(v.Text)
	}
	return n
}

// of is the values of a property.
func (d Doc) of(property string) Doc {
	i, found := slices.BinarySearchFunc(d, property, func(v Value, p string) int { return strings.Compare(v.Property, p) })
	if !found {
		return nil
	}
	n := i
	for n < len(d) && d[n].Property == property {
		n++
	}
	return d[i:n]
}

// below is the values of all properties that begin with prefix.
func (d Doc) below(prefix string) Doc {
	i, _ := slices.BinarySearchFunc(d, prefix, func(v Value, p string) int { return strings.Compare(v.Property, p) })
	n := i
	for n < len(d) && strings.HasPrefix(d[n].Property, prefix) {
		n++
	}
	return d[i:n]
}

// Flatten turns a record (a pointer to the Go struct of the type's shape) into
// its values.
func (t *Type) Flatten(record any) Doc {
	d := t.Values(record)
	slices.SortStableFunc(d, func(a, b Value) int { return strings.Compare(a.Property, b.Property) })
	return d
}

// Values is Flatten without the order, which takes as long as all the rest: it is
// enough for Pack.
func (t *Type) Values(record any) Doc {
	f := flattener{doc: make(Doc, 0, 96)}
	v := reflect.ValueOf(record)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	f.members(t.root, v, "", 0)
	return f.doc
}

// flattener collects the values of one record.
type flattener struct{ doc Doc }

// members walks through a structure. prefix is the path of the nearest key of a
// map, with a dot behind it.
func (f *flattener) members(n *node, v reflect.Value, prefix string, where uint64) {
	for _, m := range n.members {
		if m.field >= 0 {
			f.node(m, v.Field(m.field), prefix, where)
		}
	}
}

func (f *flattener) node(n *node, v reflect.Value, prefix string, where uint64) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	path := n.rel
	if prefix != "" {
		path = strings.TrimSuffix(prefix+path, ".")
	}
	switch n.form {
	case leaf:
		f.leaf(n.value, path, v, where)
	case structure:
		f.add(Value{Property: path, At: where})
		f.members(n, v, prefix, where)
	case list, finals:
		f.list(n, v, prefix, where)
	case mapping:
		f.mapping(n, path, v, where)
	case keyed:
		f.keyed(path, v, where)
	case summaries:
		f.summaries(path, v)
	}
}

func (f *flattener) add(v Value) { f.doc = append(f.doc, v) }

// leaf adds a scalar.
func (f *flattener) leaf(t valueType, path string, v reflect.Value, where uint64) {
	value := Value{Property: path, At: where}
	switch x := v.Interface().(type) {
	case time.Time:
		value.kind, value.Num = number, float64(x.UnixMicro())
		f.add(value)
		return
	case []byte:
		return
	}
	switch v.Kind() {
	case reflect.String:
		if v.Len() == 0 && v.Type() != reflect.TypeFor[string]() {
			return // an enum that is absent
		}
		value.kind, value.Text = text, v.String()
	case reflect.Bool:
		value.kind = number
		if v.Bool() {
			value.Num = 1
		}
	case reflect.Int32, reflect.Int64:
		value.kind, value.Num = number, float64(v.Int())
	case reflect.Float32, reflect.Float64:
		value.kind, value.Num = number, v.Float()
	case reflect.Struct:
		if t == eitherValue {
			f.either(value, v)
		}
		return
	default:
		return
	}
	f.add(value)
}

// either adds a value of {StringValue, NumberValue}.
func (f *flattener) either(value Value, v reflect.Value) {
	if n := v.FieldByName("NumberValue"); !n.IsNil() {
		value.kind, value.Num = number, n.Elem().Float()
		f.add(value)
	}
	if s := v.FieldByName("StringValue"); !s.IsNil() {
		value.kind, value.Text = text, s.Elem().String()
		f.add(value)
	}
}

// list adds the elements of a list; those that have parts are marked, so that
// nested filters can tell an element without a member from no element.
func (f *flattener) list(n *node, v reflect.Value, prefix string, where uint64) {
	for i := range v.Len() {
		f.node(n.elem, v.Index(i), prefix, at(where, n.level, i))
		if n.form != finals {
			continue
		}
		metric := reflect.Indirect(v.Index(i))
		if name, value := metric.FieldByName("MetricName"), metric.FieldByName("Value"); !name.IsNil() && !value.IsNil() {
			f.add(Value{Property: "Metrics." + name.Elem().String(), kind: number, Num: value.Elem().Float()})
		}
	}
	if n.form == finals && v.Len() > 0 {
		f.add(Value{Property: "Metrics"})
	}
}

// mapping adds the entries of a map, each a property of its own.
func (f *flattener) mapping(n *node, path string, v reflect.Value, where uint64) {
	if v.Len() == 0 {
		return
	}
	f.add(Value{Property: path, At: where})
	if texts, ok := v.Interface().(map[string]string); ok {
		for _, key := range slices.Sorted(maps.Keys(texts)) {
			f.add(Value{Property: path + "." + key, At: where, kind: text, Text: texts[key]})
		}
		return
	}
	for _, key := range v.MapKeys() {
		f.node(n.elem, v.MapIndex(key), path+"."+key.String()+".", where)
	}
}

// keyed adds a list of {Key, Value}.
func (f *flattener) keyed(path string, v reflect.Value, where uint64) {
	if v.Len() > 0 {
		f.add(Value{Property: path, At: where})
	}
	for i := range v.Len() {
		pair := reflect.Indirect(v.Index(i))
		if key, value := pair.FieldByName("Key"), pair.FieldByName("Value"); !key.IsNil() && !value.IsNil() {
			f.add(Value{Property: path + "." + key.Elem().String(), At: where, kind: text, Text: value.Elem().String()})
		}
	}
}

// statistics of a metric of a trial component, by their name in lower case
// (Search-10).
func statistics() [6]string { return [...]string{"Avg", "Count", "Last", "Max", "Min", "StdDev"} }

// summaries adds the metrics of a trial component; one that several sources
// reported has several values.
func (f *flattener) summaries(path string, v reflect.Value) {
	if v.Len() > 0 {
		f.add(Value{Property: path})
	}
	for i := range v.Len() {
		summary := reflect.Indirect(v.Index(i))
		name := summary.FieldByName("MetricName")
		if name.IsNil() {
			continue
		}
		for _, statistic := range statistics() {
			field := reflect.Indirect(summary.FieldByName(statistic))
			value := Value{Property: path + "." + name.Elem().String() + "." + statistic, kind: number}
			switch field.Kind() {
			case reflect.Float64:
				value.Num = field.Float()
			case reflect.Int32:
				value.Num = float64(field.Int())
			default:
				continue
			}
			f.add(value)
		}
	}
}
