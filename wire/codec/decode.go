package codec

import (
	"bytes"
	"io"
	"reflect"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sagebrush/sagebrush/aws/schema"
)

// MaxDepth is how deeply a body may be nested. The deepest value that an operation
// takes is a SearchExpression of 49 sub-expressions inside each other, 102 levels
// (Search-3); leaving recursive shapes aside, no model has more than 20.
const MaxDepth = 110

// DecodeJSON reads one JSON value of the given shape into the Go value that
// into points to, which should be new. Refusals are *aws.Error with
// SerializationException.
func DecodeJSON(shape *schema.Shape, data []byte, into any) error {
	p, v, err := target(shape, into)
	if err != nil {
		return err
	}
	d := decoders.Get().(*decoder)
	defer decoders.Put(d)
	d.buf = *bytes.NewBuffer(data)
	d.Reset(&d.buf, decodeOptions)
	if err := d.document(p, v); err != nil {
		return serialization(err)
	}
	return nil
}

var (
	// Keeping the names of an object apart costs time; the last one counts, as
	// with the JSON reader behind AWS's services.
	decodeOptions = jsontext.AllowDuplicateNames(true)

	decoders = sync.Pool{New: func() any {
		return &decoder{Decoder: jsontext.NewDecoder(bytes.NewReader(nil), decodeOptions)}
	}}
)

type decoder struct {
	*jsontext.Decoder
	buf bytes.Buffer
}

// document reads a value and makes sure that nothing follows.
func (d *decoder) document(p *plan, v reflect.Value) error {
	if d.PeekKind() == 'n' && p.members != nil {
		return invalid("Expected a JSON object, found null")
	}
	if err := d.value(p, v); err != nil {
		return err
	}
	switch _, err := d.ReadToken(); {
	case err == nil:
		return invalid("The body holds more than one JSON value")
	case err != io.EOF:
		return err
	}
	return nil
}

// value reads the next value, which is not null, into v.
func (d *decoder) value(p *plan, v reflect.Value) error {
	if p.ptr && (p.kind == schema.Structure || p.kind == schema.Union) {
		v.Set(reflect.New(p.typ.Elem()))
		v = v.Elem()
	}
	switch p.kind {
	case schema.Structure, schema.Union:
		return d.structure(p, v)
	case schema.List:
		return d.list(p, v)
	case schema.Map:
		return d.mapping(p, v)
	}
	return d.scalar(p, v)
}

// open reads the opening brace or bracket want.
func (d *decoder) open(want jsontext.Kind) error {
	kind := d.PeekKind()
	if kind == want {
		if d.StackDepth() >= MaxDepth {
			return invalid("The body is nested deeper than " + strconv.Itoa(MaxDepth) + " levels")
		}
		_, err := d.ReadToken()
		return err
	}
	switch kind {
	case '[':
		return invalid("Start of list found where not expected")
	case '{':
		return invalid("Start of structure or map found where not expected.")
	}
	value, err := d.ReadValue()
	if err != nil {
		return err
	}
	if want == '[' {
		return invalid("Expected list or null, found " + kindName(value))
	}
	return invalid("Expected structure, map or null, found " + kindName(value))
}

func (d *decoder) structure(p *plan, v reflect.Value) error {
	if err := d.open('{'); err != nil {
		return err
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadValue()
		if err != nil {
			return err
		}
		m, err := p.member(name)
		if err != nil {
			return err
		}
		if m == nil {
			if err := d.skip(); err != nil {
				return err
			}
			continue
		}
		if d.PeekKind() == 'n' {
			if _, err := d.ReadToken(); err != nil {
				return err
			}
			v.Field(m.field).SetZero()
			continue
		}
		if err := d.value(m.plan, v.Field(m.field)); err != nil {
			return withinName(err, m.name)
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	if p.kind == schema.Union {
		return checkUnion(p, v)
	}
	return nil
}

// member finds the member of a quoted name, nil when there is none.
func (p *plan) member(quoted []byte) (*memberPlan, error) {
	raw := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(raw, '\\') < 0 {
		return p.byName[string(raw)], nil
	}
	name, err := jsontext.AppendUnquote(nil, quoted)
	return p.byName[string(name)], err
}

// checkUnion makes sure that exactly one member of a union is set.
func checkUnion(p *plan, v reflect.Value) error {
	set := 0
	for _, m := range p.members {
		if !v.Field(m.field).IsZero() {
			set++
		}
	}
	if set != 1 {
		return invalid("Exactly one known member of the union " + p.shape.Name + " must be set, found " + strconv.Itoa(set))
	}
	return nil
}

// skip passes over a value that nobody wants, without going deeper than a
// wanted one may.
func (d *decoder) skip() error {
	switch d.PeekKind() {
	case '{', '[':
	default:
		return d.SkipValue()
	}
	depth := d.StackDepth()
	for {
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		switch at := d.StackDepth(); {
		case at == depth:
			return nil
		case at > MaxDepth:
			return invalid("The body is nested deeper than " + strconv.Itoa(MaxDepth) + " levels")
		}
	}
}
