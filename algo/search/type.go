package search

import (
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/aws/schema"
)

// Type is one kind of record, such as TrainingJob, with the properties that its
// shape in the API model gives it.
type Type struct {
	// Name is the member of SearchRecord that holds such records.
	Name string
	root *node
}

// form says how a node's value is laid out.
type form uint8

const (
	leaf form = iota
	structure
	// list is a list of structures or scalars: all elements share one property.
	list
	// mapping is a map: the rest of a property's name is its key.
	mapping
	// keyed is a list of {Key, Value}, such as tags, that is addressed like a map.
	keyed
	// summaries is a trial component's list of metrics: Metrics.<name>.<statistic>.
	summaries
	// finals is a training job's list of metrics, which is also Metrics.<name>.
	finals
)

// node is a place in the tree of a record's shape.
type node struct {
	form form
	// rel is the dotted path from the root, or from the key of the nearest map.
	rel string
	// value is the kind of values here, presence for what has parts.
	value valueType
	// depth is how many lists are passed on the way here, its own included.
	depth int
	// level is a list's own place among those lists, from 1.
	level int
	// field of the Go struct that holds it.
	field int
	// members of a structure or of a list's structures, in the order of rel;
	// named finds them by their name in lower case.
	members []*node
	named   map[string]*node
	// elem is what a list, map or list of pairs holds.
	elem *node
}

// NewType reads the properties of the record shape; name is its member of
// SearchRecord.
func NewType(name string, shape *schema.Shape) *Type {
	t := &Type{Name: name, root: build(shape, "", 0, nil)}
	if name == "TrainingJob" {
		// Search-9: the final metrics are found by name as well.
		t.root.named["finalmetricdatalist"].form = finals
		t.root.add("Metrics", &node{form: mapping, rel: "Metrics", elem: &node{value: float32Value}, field: -1})
	}
	return t
}

// add makes n a member of a structure.
func (n *node) add(name string, member *node) {
	n.members = append(n.members, member)
	n.named[strings.ToLower(name)] = member
}

// build makes the node of a shape. outer are the structures around it: a shape
// that holds itself ends there.
func build(shape *schema.Shape, rel string, depth int, outer []*schema.Shape) *node {
	n := &node{rel: rel, depth: depth}
	switch shape.Kind {
	case schema.Structure, schema.Union:
		if number, text := member(shape, "NumberValue"), member(shape, "StringValue"); len(shape.Members) == 2 && number != nil && text != nil {
			n.value = eitherValue
			return n
		}
		n.form, n.value = structure, presence
		n.fill(shape, outer)
	case schema.List:
		elem := shape.Elem
		switch {
		case elem.Name == "TrialComponentMetricSummary":
			n.form, n.value = summaries, presence
		case isPair(elem):
			n.form, n.value, n.elem = keyed, anyText, &node{value: textValue, depth: depth}
		default:
			n.elem = build(elem, rel, depth+1, outer)
			n.form, n.level, n.depth, n.value = list, depth+1, n.elem.depth, n.elem.value
			n.members, n.named = n.elem.members, n.elem.named
		}
	case schema.Map:
		n.form, n.value = mapping, anyText
		n.elem = build(shape.Elem, "", depth, outer)
		if strings.HasSuffix(rel, "HyperParameters") && n.elem.value == textValue {
			n.elem.value = numericText // Search-12
		}
	default:
		n.value = scalar(shape.Kind)
	}
	return n
}

// fill adds the members of a structure.
func (n *node) fill(shape *schema.Shape, outer []*schema.Shape) {
	n.named = make(map[string]*node, len(shape.Members))
	if slices.Contains(outer, shape) {
		return
	}
	outer = append(slices.Clip(outer), shape)
	for _, m := range shape.Members {
		rel := m.Name
		if n.rel != "" {
			rel = n.rel + "." + m.Name
		}
		child := build(m.Shape, rel, n.depth, outer)
		child.field = m.Field
		n.add(m.Name, child)
	}
	slices.SortFunc(n.members, func(a, b *node) int { return strings.Compare(a.rel, b.rel) })
}

// member finds a member of a structure by name.
func member(shape *schema.Shape, name string) *schema.Member {
	for i := range shape.Members {
		if shape.Members[i].Name == name {
			return &shape.Members[i]
		}
	}
	return nil
}

// isPair says whether a shape is {Key, Value}, both texts, as tags are.
func isPair(shape *schema.Shape) bool {
	if shape.Kind != schema.Structure || len(shape.Members) != 2 {
		return false
	}
	key, value := member(shape, "Key"), member(shape, "Value")
	return key != nil && value != nil && key.Shape.Kind == schema.String && value.Shape.Kind == schema.String
}

// scalar is the kind of value of a scalar shape.
func scalar(kind schema.Kind) valueType {
	switch kind {
	case schema.Integer, schema.Long, schema.Double:
		return numberValue
	case schema.Float:
		return float32Value
	case schema.Boolean:
		return boolValue
	case schema.Timestamp:
		return timeValue
	case schema.String, schema.Enum:
		return textValue
	}
	return presence
}
