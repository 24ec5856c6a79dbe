package validate

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
)

// maxListed is how many violations a message spells out; the number at its
// start counts them all.
const maxListed = 50

// Input checks in, a pointer to the Go value of shape, and answers nil when all
// constraints hold, else one ValidationException with all violations. Services
// whose clients know the refusal under another code (ValidationError of the
// query services) change the code, not the message.
func Input(shape *schema.Shape, in any) *aws.Error {
	v := reflect.ValueOf(in)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	c := checker{}
	c.structure(ruleFor(shape), v)
	if c.count == 0 {
		return nil
	}
	errors := "errors"
	if c.count == 1 {
		errors = "error"
	}
	list := strings.Join(c.violations, "; ")
	if c.count > len(c.violations) {
		list += fmt.Sprintf("; and %d more", c.count-len(c.violations))
	}
	return &aws.Error{
		Code:    aws.ValidationException,
		Message: fmt.Sprintf("%d validation %s detected: %s", c.count, errors, list),
	}
}

// checker walks a value and gathers violations.
type checker struct {
	path       []string
	violations []string
	count      int
}

// violate records that the value at the current path breaks a constraint.
func (c *checker) violate(value, constraint string) {
	c.count++
	if len(c.violations) < maxListed {
		c.violations = append(c.violations, "Value"+value+" at '"+strings.Join(c.path, ".")+"' failed to satisfy constraint: "+constraint)
	}
}

func (c *checker) enter(elements ...string) { c.path = append(c.path, elements...) }
func (c *checker) leave(n int)              { c.path = c.path[:len(c.path)-n] }

// structure checks the members of a structure or union.
func (c *checker) structure(r *rule, v reflect.Value) {
	set := 0
	for i := range r.members {
		m := &r.members[i]
		field := v.Field(m.field)
		if absent(field) {
			if m.required {
				c.enter(m.label)
				c.violate(" null", "Member must not be null")
				c.leave(1)
			}
			continue
		}
		set++
		if m.rule.idle {
			continue
		}
		c.enter(m.label)
		c.value(m.rule, field)
		c.leave(1)
	}
	if r.shape.Kind == schema.Union && set != 1 {
		c.violate("", "Exactly one member of the union must be set, found "+strconv.Itoa(set))
	}
}

// absent says whether a structure's field is not set.
func absent(field reflect.Value) bool {
	if field.Kind() == reflect.String {
		return field.Len() == 0 // an enum; a string is a pointer
	}
	return field.IsNil()
}

// value checks a value that is present.
func (c *checker) value(r *rule, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			c.violate(" null", "Member must not be null")
			return
		}
		v = v.Elem()
	}
	switch r.shape.Kind {
	case schema.Structure, schema.Union:
		c.structure(r, v)
	case schema.List:
		c.length(r, v.Len(), v)
		c.list(r, v)
	case schema.Map:
		c.length(r, v.Len(), v)
		c.mapping(r, v)
	default:
		c.scalar(r, v)
	}
}

// length checks the size of strings, blobs, lists and maps.
func (c *checker) length(r *rule, n int, v reflect.Value) {
	if r.shape.HasMax && n > int(r.shape.Max) {
		c.violate(quoted(r.shape, v), r.texts.max)
	}
	if r.shape.HasMin && n < int(r.shape.Min) {
		c.violate(quoted(r.shape, v), r.texts.min)
	}
}

// scalar checks a scalar and words each broken constraint by itself.
func (c *checker) scalar(r *rule, v reflect.Value) {
	s := r.shape
	switch s.Kind {
	case schema.Enum:
		if !r.permitted(v.String()) {
			c.violate(quoted(s, v), r.texts.enum)
		}
	case schema.String:
		text := v.String()
		if s.HasMax || s.HasMin {
			c.length(r, utf8.RuneCountInString(text), v)
		}
		if s.Pattern != "" && !r.match(text) {
			c.violate(quoted(s, v), r.texts.pattern)
		}
	case schema.Blob:
		c.length(r, v.Len(), v)
	case schema.Integer, schema.Long, schema.Float, schema.Double:
		n := number(v)
		if s.HasMax && !(n <= s.Max) { // NaN lies in no range
			c.violate(quoted(s, v), r.texts.max)
		}
		if s.HasMin && !(n >= s.Min) {
			c.violate(quoted(s, v), r.texts.min)
		}
	}
}

// fits says whether a scalar, an element of a list or map, keeps all of its
// constraints.
func (r *rule) fits(v reflect.Value) bool {
	probe := checker{}
	probe.scalar(r, v)
	return probe.count == 0
}

func (c *checker) list(r *rule, v reflect.Value) {
	elem := r.elem
	if elem.idle && elem.shape.Kind != schema.Structure && elem.shape.Kind != schema.Union {
		return
	}
	for i := range v.Len() {
		if !elem.scalar {
			c.enter(strconv.Itoa(i+1), "member")
			c.value(elem, v.Index(i))
			c.leave(2)
			continue
		}
		if !elem.fits(v.Index(i)) {
			c.violate(quoted(r.shape, v), "Member must satisfy constraint: "+elem.texts.all)
			return
		}
	}
}

func (c *checker) mapping(r *rule, v reflect.Value) {
	keysFit, valuesFit := true, true
	for _, key := range sortedKeys(v) {
		if !r.key.idle && keysFit && !r.key.fits(key) {
			keysFit = false
			c.violate(quoted(r.shape, v), "Map keys must satisfy constraint: "+r.key.texts.all)
		}
		value := v.MapIndex(key)
		switch {
		case !r.elem.scalar:
			c.enter(key.String(), "member")
			c.value(r.elem, value)
			c.leave(2)
		case !r.elem.idle && valuesFit && !r.elem.fits(value):
			valuesFit = false
			c.violate(quoted(r.shape, v), "Map value must satisfy constraint: "+r.elem.texts.all)
		}
	}
}

func number(v reflect.Value) float64 {
	switch v.Kind() {
	case reflect.Int32, reflect.Int64:
		return float64(v.Int())
	case reflect.Float32:
		// 0.1 as a float32 is the decimal 0.1, not its neighbour.
		f, err := strconv.ParseFloat(strconv.FormatFloat(v.Float(), 'g', -1, 32), 64)
		if err != nil {
			return math.NaN()
		}
		return f
	}
	return v.Float()
}
