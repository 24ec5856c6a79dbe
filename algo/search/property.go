package search

import (
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
)

// property is what a name in a filter or SortBy stands for.
type property struct {
	// name is the canonical spelling, as Value.Property.
	name string
	typ  valueType
	// depth is how many lists are passed on the way to its values.
	depth int
	// parts says that the values of a collection are structures, so that the
	// last segment of a property below it is not part of the key.
	parts bool
	// list says that it is a list of structures.
	list bool
}

// property finds what name stands for (Search-5, Search-8). Names of members may
// be in any case (Search-10) and may begin with the kind of record (Search-15);
// keys behind HyperParameters, Metrics, Tags and the like are taken as they are.
func (t *Type) property(name string) (property, error) {
	p, ok := t.find(name)
	if !ok {
		if first, rest, cut := strings.Cut(name, "."); cut && strings.EqualFold(first, t.Name) {
			p, ok = t.find(rest)
		}
	}
	if !ok {
		return p, aws.Invalid("Unknown property name: %q is not a property of a %s. Use the dotted path of a member of its SearchRecord, HyperParameters.<name>, Metrics.<name> or Tags.<key> where it has them.", name, t.Name)
	}
	return p, nil
}

// find walks down the tree along name.
func (t *Type) find(name string) (property, bool) {
	n, rest := t.root, name
	for {
		segment, below, more := strings.Cut(rest, ".")
		next := n.named[strings.ToLower(segment)]
		if next == nil {
			next = n.alias(segment)
		}
		if next == nil {
			return property{}, false
		}
		n, rest = next, below
		if !more {
			break
		}
		switch n.form {
		case mapping, keyed:
			return n.entry(n.rel, rest, n.depth)
		case summaries:
			return statistic(n.rel, rest), rest != ""
		}
	}
	p := property{name: n.rel, typ: n.value, depth: n.depth}
	p.list = (n.form == list || n.form == finals) && n.value == presence
	p.parts = n.form == mapping && n.elem.form == structure
	return p, true
}

// alias finds the names that feature resources have for a whole collection
// (Search-11).
func (n *node) alias(segment string) *node {
	switch strings.ToLower(segment) {
	case "alltags":
		return n.named["tags"]
	case "allparameters":
		if p := n.named["parameters"]; p != nil && p.form == keyed {
			return p
		}
	}
	return nil
}

// entry is the property of one key of a map.
func (n *node) entry(path, key string, depth int) (property, bool) {
	if key == "" {
		return property{}, false
	}
	elem := n.elem
	if elem.form == structure {
		// Search-9: the key may hold dots; its member is the last segment.
		if i := strings.LastIndexByte(key, '.'); i > 0 {
			if m := elem.named[strings.ToLower(key[i+1:])]; m != nil && m.form == leaf {
				return property{name: path + "." + key[:i] + "." + m.rel, typ: m.value, depth: depth}, true
			}
		}
	}
	return property{name: path + "." + key, typ: elem.value, depth: elem.depth}, true
}

// statistic is the property of a trial component's metric; without a statistic
// the last value is meant.
func statistic(path, name string) property {
	p := property{typ: numberValue}
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		all := statistics()
		if k := slices.IndexFunc(all[:], func(s string) bool { return strings.EqualFold(s, name[i+1:]) }); k >= 0 {
			p.name = path + "." + name[:i] + "." + all[k]
			return p
		}
	}
	p.name = path + "." + name + ".Last"
	return p
}
