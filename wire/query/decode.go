package query

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/codec"
	"github.com/sagebrush/sagebrush/wire/goshape"
)

// Decode binds the form to into, a pointer to the shape's Go struct. What does
// not fit is a SerializationException that names the parameter.
func Decode(shape *schema.Shape, f *Form, into any) error {
	return structure(shape, &f.root, reflect.ValueOf(into).Elem(), "")
}

func structure(shape *schema.Shape, n *node, v reflect.Value, path string) error {
	for i := range shape.Members {
		m := &shape.Members[i]
		name := wireName(m)
		child := n.children[name]
		if child == nil {
			continue
		}
		if err := value(m.Shape, child, v.Field(m.Field), join(path, name)); err != nil {
			return err
		}
	}
	return nil
}

// wireName is a member's name in forms: a flattened list goes by its elements' name.
func wireName(m *schema.Member) string {
	switch {
	case m.Shape.Kind == schema.List && m.Shape.Flattened && m.Shape.ElemName != "":
		return m.Shape.ElemName
	case m.LocationName != "":
		return m.LocationName
	}
	return m.Name
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func value(shape *schema.Shape, n *node, v reflect.Value, path string) error {
	switch shape.Kind {
	case schema.Structure, schema.Union:
		return structure(shape, n, goshape.Alloc(v), path)
	case schema.List:
		return list(shape, n, v, path)
	case schema.Map:
		return mapping(shape, n, v, path)
	}
	if !n.set {
		return refuse(path, "Expected a value, found a structure or list")
	}
	return scalar(shape, n.value, v, path)
}

func refuse(path, what string) error {
	return aws.Errorf(aws.SerializationException, "%s, at '%s'", what, clip(path))
}

// items are the children of a list or map by position.
func items(n *node, path string) ([]*node, error) {
	type item struct {
		position int
		node     *node
	}
	all := make([]item, 0, len(n.children))
	for _, name := range n.order {
		pos, err := strconv.Atoi(name)
		if err != nil || pos < 0 || name[0] == '+' {
			return nil, refuse(join(path, name), "Expected a position in a list")
		}
		all = append(all, item{pos, n.children[name]})
	}
	slices.SortStableFunc(all, func(a, b item) int { return a.position - b.position })
	out := make([]*node, len(all))
	for i := range all {
		if i > 0 && all[i].position == all[i-1].position {
			return nil, refuse(path, "The same position in a list came twice")
		}
		out[i] = all[i].node
	}
	return out, nil
}

// inner is the node below which the positions of a list or map stand, nil when
// the parameter is the empty list ("Name=").
func inner(shape *schema.Shape, n *node, name, path string) (*node, error) {
	if n.set && n.value != "" {
		return nil, refuse(path, "Expected a list or map, found a value")
	}
	if shape.Flattened {
		return n, nil
	}
	return n.children[name], nil
}

func list(shape *schema.Shape, n *node, v reflect.Value, path string) error {
	name := "member"
	if shape.ElemName != "" {
		name = shape.ElemName
	}
	in, err := inner(shape, n, name, path)
	if err != nil {
		return err
	}
	var all []*node
	if in != nil {
		if all, err = items(in, path); err != nil {
			return err
		}
	}
	out := reflect.MakeSlice(v.Type(), len(all), len(all))
	for i, item := range all {
		if err := value(shape.Elem, item, out.Index(i), fmt.Sprintf("%s.%s.%d", path, name, i+1)); err != nil {
			return err
		}
	}
	v.Set(out)
	return nil
}

func mapping(shape *schema.Shape, n *node, v reflect.Value, path string) error {
	in, err := inner(shape, n, "entry", path)
	if err != nil {
		return err
	}
	keyName, valueName := "key", "value"
	if shape.KeyName != "" {
		keyName = shape.KeyName
	}
	if shape.ElemName != "" {
		valueName = shape.ElemName
	}
	var all []*node
	if in != nil {
		if all, err = items(in, path); err != nil {
			return err
		}
	}
	out := reflect.MakeMapWithSize(v.Type(), len(all))
	for i, item := range all {
		at := fmt.Sprintf("%s.entry.%d", path, i+1)
		k, e := item.children[keyName], item.children[valueName]
		if k == nil || !k.set || e == nil {
			return refuse(at, "A map entry needs "+keyName+" and "+valueName)
		}
		key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		key.SetString(k.value)
		if err := value(shape.Elem, e, elem, at+"."+valueName); err != nil {
			return err
		}
		out.SetMapIndex(key, elem)
	}
	v.Set(out)
	return nil
}

func scalar(shape *schema.Shape, s string, v reflect.Value, path string) error {
	switch shape.Kind {
	case schema.String, schema.Enum:
		goshape.SetString(shape, v, s)
	case schema.Integer, schema.Long:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || !goshape.SetInt(v, n) {
			return refuse(path, "Expected a whole number that fits, found '"+clip(s)+"'")
		}
	case schema.Float, schema.Double:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || !goshape.SetFloat(v, f) {
			return refuse(path, "Expected a number that fits, found '"+clip(s)+"'")
		}
	case schema.Boolean:
		if s != "true" && s != "false" {
			return refuse(path, "Expected true or false, found '"+clip(s)+"'")
		}
		goshape.SetBool(v, s == "true")
	case schema.Timestamp:
		t, ok := codec.ParseTime(s)
		if !ok {
			return refuse(path, "Expected a timestamp in ISO 8601, found '"+clip(s)+"'")
		}
		goshape.SetTime(v, t)
	case schema.Blob:
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return refuse(path, "Expected base64")
		}
		goshape.SetBytes(v, b)
	default:
		return refuse(path, "This member cannot be sent in this protocol")
	}
	return nil
}
