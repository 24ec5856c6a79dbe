package search

import (
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// Match says whether the query selects a record. This is what the language
// means; everything else only finds the answer faster.
func (q *Query) Match(d Doc) bool { return q.root.match(d) }

func (g *group) match(d Doc) bool {
	for _, f := range g.filters {
		if f.match(d) == g.any {
			return g.any
		}
	}
	for _, n := range g.nested {
		if n.match(d) == g.any {
			return g.any
		}
	}
	for _, sub := range g.groups {
		if sub.match(d) == g.any {
			return g.any
		}
	}
	return !g.any
}

// match looks at all values of the property; one is enough (Search-8).
func (f *filter) match(d Doc) bool {
	if f.collective() {
		return f.matchAny(d)
	}
	return f.holdsOne(d.of(f.name))
}

// holdsOne says whether one of the values satisfies the filter, or whether their
// absence does.
func (f *filter) holdsOne(values Doc) bool {
	for _, v := range values {
		if f.holds(v) {
			return true
		}
	}
	return len(values) == 0 && f.absent()
}

// collective says that the filter looks at all keys and values of a collection.
func (f *filter) collective() bool {
	return f.typ == anyText && f.op != sagemaker.OperatorExists && f.op != sagemaker.OperatorNotExists
}

// matchAny looks at all keys and values of a map or of tags as a whole.
func (f *filter) matchAny(d Doc) bool {
	values := d.below(f.name + ".")
	for _, v := range values {
		if key := f.key(v.Property, v.kind); key != "" && f.words(key, 0) || v.kind == text && f.words(v.Text, 0) {
			return true
		}
	}
	return len(values) == 0 && f.absent()
}

// key is the key of a collection in the name of a property below it.
func (f *filter) key(property string, kind valueKind) string {
	key := property[len(f.name)+1:]
	if f.parts && kind != mark {
		if i := strings.LastIndexByte(key, '.'); i >= 0 {
			key = key[:i]
		}
	}
	return key
}

// match looks for one element of the list that satisfies all filters (Search-13).
func (n *nested) match(d Doc) bool {
	mask := levels(n.list.depth)
elements:
	for _, element := range d.of(n.list.name) {
		for _, f := range n.filters {
			var inside Doc
			for _, v := range d.of(f.name) {
				if v.At&mask == element.At&mask {
					inside = append(inside, v)
				}
			}
			if !f.holdsOne(inside) {
				continue elements
			}
		}
		return true
	}
	return false
}
