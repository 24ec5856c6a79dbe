package codec

import (
	"reflect"

	"github.com/sagebrush/sagebrush/aws/schema"
)

// element reads a list's element or a map's value, of which null is none.
func (d *decoder) element(p *plan, v reflect.Value) error {
	if d.PeekKind() == 'n' {
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		return invalid("null found where not expected")
	}
	return d.value(p, v)
}

func (d *decoder) list(p *plan, v reflect.Value) error {
	if err := d.open('['); err != nil {
		return err
	}
	if p.typ == stringsType {
		return d.strings(v)
	}
	target := reflect.New(p.typ).Elem() // addressable, so that it can grow
	target.Set(reflect.MakeSlice(p.typ, 0, 4))
	for n := 0; d.PeekKind() != ']'; n++ {
		target.Grow(1)
		target.SetLen(n + 1)
		if err := d.element(p.elem, target.Index(n)); err != nil {
			return withinIndex(err, n)
		}
	}
	v.Set(target)
	_, err := d.ReadToken()
	return err
}

var stringsType = reflect.TypeFor[[]string]()

// strings is list for the commonest type.
func (d *decoder) strings(v reflect.Value) error {
	list := make([]string, 0, 4)
	for d.PeekKind() != ']' {
		s, err := d.text()
		if err != nil {
			return withinIndex(err, len(list))
		}
		list = append(list, s)
	}
	*v.Addr().Interface().(*[]string) = list
	_, err := d.ReadToken()
	return err
}

func (d *decoder) mapping(p *plan, v reflect.Value) error {
	if err := d.open('{'); err != nil {
		return err
	}
	m := reflect.MakeMap(p.typ)
	texts, plain := m.Interface().(map[string]string)
	for d.PeekKind() == '"' {
		key, err := d.text()
		if err != nil {
			return err
		}
		if plain {
			value, err := d.text()
			if err != nil {
				return within(err, key)
			}
			texts[key] = value
			continue
		}
		value := reflect.New(p.typ.Elem()).Elem()
		if err := d.element(p.elem, value); err != nil {
			return within(err, key)
		}
		if key == "" && p.shape.Key.Kind == schema.Enum {
			key = schema.EmptyEnum
		}
		m.SetMapIndex(reflect.ValueOf(key).Convert(p.typ.Key()), value)
	}
	v.Set(m)
	_, err := d.ReadToken()
	return err
}
