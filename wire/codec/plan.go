package codec

import (
	"fmt"
	"iter"
	"reflect"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/aws/schema"
)

// plan is a shape bound to a Go type: what the interpreters look at for every
// value, worked out once.
type plan struct {
	shape *schema.Shape
	typ   reflect.Type
	kind  schema.Kind
	// ptr says that the Go value is a pointer to the kind's own type.
	ptr bool
	// members, by position and by wire name, of a structure or union. Those that
	// a REST protocol carries outside the body are left out.
	members []*memberPlan
	byName  map[string]*memberPlan
	// elem is a list's element or a map's value.
	elem *plan
	// format is the timestamp format asked for by shape or member, "" for the
	// protocol's default.
	format string
}

type memberPlan struct {
	*plan
	name  string // on the wire
	field int
	// label is the quoted name with its colon.
	label []byte
}

type planKey struct {
	shape  *schema.Shape
	typ    reflect.Type
	format string
}

// plans caches every plan ever made; there are as many as shapes.
var plans sync.Map // planKey → *plan

// planFor finds or makes the plan of shape for the Go type typ; format is the
// timestamp format that a member asks for, "" for the shape's own.
func planFor(shape *schema.Shape, typ reflect.Type, format string) (*plan, error) {
	if format == "" {
		format = shape.TimestampFormat
	}
	if p, ok := plans.Load(planKey{shape, typ, format}); ok {
		return p.(*plan), nil
	}
	b := builder{made: map[planKey]*plan{}}
	p, err := b.build(shape, typ, format)
	if err != nil {
		return nil, err
	}
	for key, made := range b.made {
		plans.LoadOrStore(key, made)
	}
	return p, nil
}

// builder makes plans that may refer to each other and to themselves.
type builder struct{ made map[planKey]*plan }

var (
	timeType  = reflect.TypeFor[time.Time]()
	bytesType = reflect.TypeFor[[]byte]()
	eventType = reflect.TypeFor[iter.Seq2[any, error]]()
	goKinds   = map[schema.Kind]reflect.Kind{
		schema.Structure: reflect.Struct, schema.Union: reflect.Struct,
		schema.List: reflect.Slice, schema.Map: reflect.Map,
		schema.String: reflect.String, schema.Enum: reflect.String,
		schema.Integer: reflect.Int32, schema.Long: reflect.Int64,
		schema.Float: reflect.Float32, schema.Double: reflect.Float64,
		schema.Boolean: reflect.Bool,
	}
)

func (b *builder) build(shape *schema.Shape, typ reflect.Type, format string) (*plan, error) {
	if format == "" {
		format = shape.TimestampFormat
	}
	key := planKey{shape, typ, format}
	if p := b.made[key]; p != nil {
		return p, nil
	}
	p := &plan{shape: shape, typ: typ, kind: shape.Kind, format: format}
	b.made[key] = p
	base := typ
	if typ.Kind() == reflect.Pointer {
		base, p.ptr = typ.Elem(), true
	}
	if !fits(shape.Kind, base) {
		return nil, fmt.Errorf("codec: %s does not hold the shape %s", typ, shape.Name)
	}
	var err error
	switch shape.Kind {
	case schema.Structure, schema.Union:
		err = b.buildMembers(p, base)
	case schema.List, schema.Map:
		p.elem, err = b.build(shape.Elem, base.Elem(), "")
	}
	return p, err
}

func (b *builder) buildMembers(p *plan, base reflect.Type) error {
	p.byName = make(map[string]*memberPlan, len(p.shape.Members))
	for i := range p.shape.Members {
		m := &p.shape.Members[i]
		if m.Location != "" || m.Shape.Kind == schema.EventStream {
			continue
		}
		mp, err := b.build(m.Shape, base.Field(m.Field).Type, m.TimestampFormat)
		if err != nil {
			return err
		}
		name := wireName(m)
		next := &memberPlan{plan: mp, name: name, field: m.Field, label: []byte(`"` + name + `":`)}
		p.members = append(p.members, next)
		p.byName[name] = next
	}
	return nil
}

func fits(kind schema.Kind, base reflect.Type) bool {
	switch kind {
	case schema.Timestamp:
		return base == timeType
	case schema.Blob:
		return base == bytesType
	case schema.EventStream:
		return base == eventType
	}
	return goKinds[kind] == base.Kind()
}

// wireName is the name of m in bodies, or of its header or parameter.
func wireName(m *schema.Member) string {
	if m.LocationName != "" {
		return m.LocationName
	}
	return m.Name
}

// target is the struct that v, a pointer to it, points to, with its plan.
func target(shape *schema.Shape, v any) (*plan, reflect.Value, error) {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Pointer || rv.IsNil() {
		return nil, rv, fmt.Errorf("codec: %T is no pointer to a value of the shape %s", v, shape.Name)
	}
	rv = rv.Elem()
	p, err := planFor(shape, rv.Type(), "")
	return p, rv, err
}
