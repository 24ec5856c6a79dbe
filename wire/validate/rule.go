package validate

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/sagebrush/sagebrush/aws/schema"
)

// rule is a shape made ready for checking: which parts need a look at all, and
// the texts of its constraints.
type rule struct {
	shape *schema.Shape
	// idle says that no value of the shape can break anything.
	idle bool
	// scalar says that it is neither a structure, a union, a list nor a map.
	scalar  bool
	members []memberRule
	elem    *rule
	key     *rule
	texts   texts
	pattern *pattern
}

type memberRule struct {
	field    int
	label    string
	required bool
	rule     *rule
}

// texts word the constraints of one shape; all is the list of them.
type texts struct{ max, min, pattern, enum, all string }

// rules caches the rule of every shape that was ever checked.
var rules sync.Map // *schema.Shape → *rule

func ruleFor(s *schema.Shape) *rule {
	if r, ok := rules.Load(s); ok {
		return r.(*rule)
	}
	made := map[*schema.Shape]*rule{}
	r := makeRule(s, made)
	markIdle(made)
	for shape, m := range made {
		rules.LoadOrStore(shape, m)
	}
	return r
}

func makeRule(s *schema.Shape, made map[*schema.Shape]*rule) *rule {
	if r := made[s]; r != nil {
		return r
	}
	r := &rule{shape: s, texts: textsOf(s)}
	made[s] = r
	if s.Pattern != "" {
		r.pattern = patternFor(s.Pattern)
	}
	switch s.Kind {
	case schema.Structure, schema.Union:
		for i := range s.Members {
			m := &s.Members[i]
			if m.Shape.Kind == schema.EventStream {
				continue
			}
			r.members = append(r.members, memberRule{m.Field, lowerFirst(m.Name), m.Required, makeRule(m.Shape, made)})
		}
	case schema.List:
		r.elem = makeRule(s.Elem, made)
	case schema.Map:
		r.elem, r.key = makeRule(s.Elem, made), makeRule(s.Key, made)
	default:
		r.scalar = true
	}
	return r
}

// markIdle finds the shapes that cannot be broken. Recursive shapes start as
// idle and lose that until nothing changes any more.
func markIdle(made map[*schema.Shape]*rule) {
	for _, r := range made {
		r.idle = r.shape.Kind != schema.Union && r.texts.all == "[]"
	}
	for changed := true; changed; {
		changed = false
		for _, r := range made {
			if r.idle && !r.partsIdle() {
				r.idle, changed = false, true
			}
		}
	}
}

func (r *rule) partsIdle() bool {
	for _, m := range r.members {
		if m.required || !m.rule.idle {
			return false
		}
	}
	return (r.elem == nil || r.elem.idle) && (r.key == nil || r.key.idle)
}

func (r *rule) permitted(value string) bool { return slices.Contains(r.shape.Enum, value) }

func (r *rule) match(value string) bool { return r.pattern.match(value) }

// textsOf words the constraints of s.
func textsOf(s *schema.Shape) texts {
	var t texts
	what := "length"
	switch s.Kind {
	case schema.Integer, schema.Long, schema.Float, schema.Double:
		what = "value"
	}
	least := s.Min
	hasMin := s.HasMin
	if s.Kind == schema.String && s.HasMax && !hasMin {
		hasMin = true // AWS names the implied 0 beside a maximum
	}
	var all []string
	if s.Kind == schema.Enum {
		t.enum = "Member must satisfy enum value set: [" + strings.Join(s.Enum, ", ") + "]"
		t.all = "[" + t.enum + "]"
		return t
	}
	if s.HasMax {
		t.max = "Member must have " + what + " less than or equal to " + bound(s.Max)
		all = append(all, t.max)
	}
	if hasMin {
		t.min = "Member must have " + what + " greater than or equal to " + bound(least)
		all = append(all, t.min)
	}
	if s.Pattern != "" {
		t.pattern = "Member must satisfy regular expression pattern: " + s.Pattern
		all = append(all, t.pattern)
	}
	t.all = "[" + strings.Join(all, ", ") + "]"
	return t
}

func bound(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func lowerFirst(name string) string {
	if name == "" || name[0] < 'A' || name[0] > 'Z' {
		return name
	}
	return string(name[0]+'a'-'A') + name[1:]
}
