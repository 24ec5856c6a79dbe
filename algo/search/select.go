package search

import (
	"math"
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// Select finds the records of a segment that the query selects, and maybe a few
// more: those with a text that was cut. Match has the last word.
func (q *Query) Select(s Segment) (Bits, error) {
	return q.root.selectFrom(s, AllBits(s.Docs()))
}

// selectFrom answers for the records in among.
func (g *group) selectFrom(s Segment, among Bits) (Bits, error) {
	if len(g.filters)+len(g.nested)+len(g.groups) == 0 {
		return among, nil
	}
	result := slices.Clone(among)
	if g.any {
		result = NewBits(s.Docs())
	}
	add := func(found Bits, err error) error {
		if err != nil {
			return err
		}
		if g.any {
			result.Or(found)
		} else {
			result.And(found)
		}
		return nil
	}
	done := func() bool { return !g.any && result.Empty() }
	for _, f := range g.filters {
		if done() {
			return result, nil
		}
		if err := add(f.selectFrom(s)); err != nil {
			return nil, err
		}
	}
	for _, n := range g.nested {
		if done() {
			return result, nil
		}
		if err := add(n.selectFrom(s)); err != nil {
			return nil, err
		}
	}
	for _, sub := range g.groups {
		if done() {
			return result, nil
		}
		if err := add(sub.selectFrom(s, among)); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// selectFrom answers for one filter.
func (f *filter) selectFrom(s Segment) (Bits, error) {
	result := NewBits(s.Docs())
	var present Bits
	if f.absent() {
		present = NewBits(s.Docs())
	}
	visit := func(doc uint16, _ uint64, ok bool) {
		if ok {
			result.Set(int(doc))
		}
		if present != nil {
			present.Set(int(doc))
		}
	}
	if err := f.scan(s, visit); err != nil {
		return nil, err
	}
	if present != nil {
		absent := AllBits(s.Docs())
		absent.AndNot(present)
		result.Or(absent)
	}
	return result, nil
}

// scan calls visit for every value that the filter looks at, with whether it
// satisfies the filter. Each column's values come by kind, sorted by place.
func (f *filter) scan(s Segment, visit func(doc uint16, at uint64, ok bool)) error {
	if !f.collective() {
		c, err := s.Column(f.name)
		if c != nil {
			f.scanColumn(c, visit)
		}
		return err
	}
	names := s.Properties()
	i, _ := slices.BinarySearch(names, f.name+".")
	for ; i < len(names) && strings.HasPrefix(names[i], f.name+"."); i++ {
		c, err := s.Column(names[i])
		if err != nil {
			return err
		}
		f.scanCollective(c, names[i], visit)
	}
	return nil
}

// scanColumn looks at each different text once.
func (f *filter) scanColumn(c *Column, visit func(doc uint16, at uint64, ok bool)) {
	for i, doc := range c.nums.doc {
		visit(doc, c.nums.where(i), f.number(c.num[i]))
	}
	if c.ref.len() > 0 {
		holds := make([]bool, len(c.ends))
		for i := range holds {
			s, n := c.entry(uint32(i)), math.NaN()
			if f.typ == numericText && !math.IsNaN(f.num) {
				n, _ = parseNumber(s)
			}
			holds[i] = f.maybe(s, n)
		}
		for i, doc := range c.texts.doc {
			visit(doc, c.texts.where(i), holds[c.ref.at(i)])
		}
	}
	for i, doc := range c.marks.doc {
		visit(doc, c.marks.where(i), f.op == sagemaker.OperatorExists)
	}
}

// scanCollective looks at the keys and texts of one column of a collection.
func (f *filter) scanCollective(c *Column, property string, visit func(doc uint16, at uint64, ok bool)) {
	key := f.words(f.key(property, text), 0)
	for i, doc := range c.nums.doc {
		visit(doc, c.nums.where(i), key)
	}
	holds := make([]bool, len(c.ends))
	for i := range holds {
		holds[i] = key || f.maybe(c.entry(uint32(i)), math.NaN())
	}
	if f.absent() || slices.Contains(holds, true) {
		for i, doc := range c.texts.doc {
			visit(doc, c.texts.where(i), holds[c.ref.at(i)])
		}
	}
	marked := f.words(f.key(property, mark), 0)
	for i, doc := range c.marks.doc {
		visit(doc, c.marks.where(i), marked)
	}
}

// maybe is words for a text that may have been cut.
func (f *filter) maybe(s string, n float64) bool {
	if len(s) < maxText {
		return f.words(s, n)
	}
	switch f.op {
	case sagemaker.OperatorEquals, sagemaker.OperatorIn:
		return f.words(s, n) // values of filters are shorter than what is cut
	case sagemaker.OperatorExists, sagemaker.OperatorNotEquals, sagemaker.OperatorContains:
		return true
	}
	return f.words(s, n)
}

// selectFrom answers for a nested filter: it walks along the list's elements and
// strikes out those that a filter does not hold for.
func (n *nested) selectFrom(s Segment) (Bits, error) {
	result := NewBits(s.Docs())
	elements, err := s.Column(n.list.name)
	if elements == nil || err != nil {
		return result, err
	}
	all := elements.marks
	good := make([]bool, len(all.doc))
	for i := range good {
		good[i] = true
	}
	mask := levels(n.list.depth)
	for _, f := range n.filters {
		holds, present := make([]bool, len(all.doc)), make([]bool, len(all.doc))
		k := 0
		err := f.scan(s, func(doc uint16, at uint64, ok bool) {
			at &= mask
			if k >= len(all.doc) || k > 0 && before(doc, at, all.doc[k], all.where(k)) {
				k = 0 // the values of the next kind begin anew
			}
			for k < len(all.doc) && before(all.doc[k], all.where(k), doc, at) {
				k++
			}
			if k < len(all.doc) && all.doc[k] == doc && all.where(k) == at {
				holds[k], present[k] = holds[k] || ok, true
			}
		})
		if err != nil {
			return nil, err
		}
		for i := range good {
			good[i] = good[i] && (holds[i] || !present[i] && f.absent())
		}
	}
	for i, doc := range all.doc {
		if good[i] {
			result.Set(int(doc))
		}
	}
	return result, nil
}

// before orders places.
func before(doc uint16, at uint64, otherDoc uint16, otherAt uint64) bool {
	return doc < otherDoc || doc == otherDoc && at < otherAt
}

// Present says whether one of the records in among has the property.
func Present(c *Column, among Bits) bool {
	for _, p := range []places{c.marks, c.nums, c.texts} {
		for _, doc := range p.doc {
			if among.Has(int(doc)) {
				return true
			}
		}
	}
	return false
}
