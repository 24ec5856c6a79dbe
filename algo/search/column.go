package search

import "math"

// maxText is how many bytes of a text a column keeps.
const maxText = 4096

// Column is the values of one property in the records of a segment. It is never
// changed once it is built, so many may read it at once.
type Column struct {
	marks places
	nums  places
	num   []float64
	texts places
	// ref is, for each text, its index in the dictionary: the bytes of all
	// different texts one after the other, and where each ends.
	ref  refs
	dict string
	ends []uint32
}

// refs are indexes into a dictionary, in two bytes each as long as they fit: most
// columns that are kept in memory are full of them.
type refs struct {
	narrow []uint16
	wide   []uint32
}

func (r *refs) len() int { return len(r.narrow) + len(r.wide) }

func (r *refs) at(i int) uint32 {
	if r.wide != nil {
		return r.wide[i]
	}
	return uint32(r.narrow[i])
}

func (r *refs) add(ref uint32) {
	if r.wide == nil && ref > math.MaxUint16 {
		r.wide = make([]uint32, len(r.narrow), 2*len(r.narrow)+1)
		for i, n := range r.narrow {
			r.wide[i] = uint32(n)
		}
		r.narrow = nil
	}
	if r.wide != nil {
		r.wide = append(r.wide, ref)
	} else {
		r.narrow = append(r.narrow, uint16(ref))
	}
}

// places say which records, and which elements of their lists, have the values:
// sorted by both. at is nil when no value is in a list's element but the first.
type places struct {
	doc []uint16
	// dense says that doc counts from 0 and is shared with other columns.
	dense bool
	at    []uint64
}

func (p *places) add(doc int, where uint64) {
	if where != 0 && p.at == nil {
		p.at = make([]uint64, len(p.doc), cap(p.doc))
	}
	p.doc = append(p.doc, uint16(doc))
	if p.at != nil {
		p.at = append(p.at, where)
	}
}

func (p *places) bytes() int {
	if p.dense {
		return 8 * len(p.at)
	}
	return 2*len(p.doc) + 8*len(p.at)
}

func (p *places) where(i int) uint64 {
	if p.at == nil {
		return 0
	}
	return p.at[i]
}

// entry is a text of the dictionary.
func (c *Column) entry(i uint32) string {
	begin := uint32(0)
	if i > 0 {
		begin = c.ends[i-1]
	}
	return c.dict[begin:c.ends[i]]
}

// Bytes is about how much memory the column takes.
func (c *Column) Bytes() int {
	return 200 + c.marks.bytes() + c.nums.bytes() + c.texts.bytes() + 8*len(c.num) + 2*len(c.ref.narrow) + 4*len(c.ref.wide) + len(c.dict) + 4*len(c.ends)
}

// Text is the text of record i in a column that has one for each record.
func (c *Column) Text(i int) string {
	if i >= c.ref.len() {
		return ""
	}
	return c.entry(c.ref.at(i))
}

// columnBuilder collects a column.
type columnBuilder struct {
	Column
	bytes []byte
	known map[string]uint32
}

func (b *columnBuilder) add(doc int, v Value) {
	switch v.kind {
	case number:
		b.nums.add(doc, v.At)
		b.num = append(b.num, v.Num)
	case text:
		b.addText(doc, v.At, v.Text[:min(len(v.Text), maxText)])
	default:
		b.marks.add(doc, v.At)
	}
}

func (b *columnBuilder) addText(doc int, where uint64, s string) {
	ref, ok := b.known[s]
	if !ok {
		if b.known == nil {
			b.known = map[string]uint32{}
		}
		b.bytes = append(b.bytes, s...)
		ref = uint32(len(b.ends))
		b.ends = append(b.ends, uint32(len(b.bytes)))
		b.known[s] = ref
	}
	b.texts.add(doc, where)
	b.ref.add(ref)
}

// column is what was collected.
func (b *columnBuilder) column() *Column {
	c := b.Column
	c.dict = string(b.bytes)
	return &c
}

// appendFrom adds the values of c's records that keep says, under the numbers
// that it gives them (ascending; -1 leaves a record out).
func (b *columnBuilder) appendFrom(c *Column, number []int32) {
	for i, doc := range c.marks.doc {
		if n := number[doc]; n >= 0 {
			b.marks.add(int(n), c.marks.where(i))
		}
	}
	for i, doc := range c.nums.doc {
		if n := number[doc]; n >= 0 {
			b.nums.add(int(n), c.nums.where(i))
			b.num = append(b.num, c.num[i])
		}
	}
	renamed := make([]uint32, len(c.ends)) // of the new dictionary, one more than the index
	for i, doc := range c.texts.doc {
		n := number[doc]
		if n < 0 {
			continue
		}
		if old := c.ref.at(i); renamed[old] == 0 {
			b.addText(int(n), c.texts.where(i), c.entry(old))
			renamed[old] = b.ref.at(b.ref.len()-1) + 1
		} else {
			b.texts.add(int(n), c.texts.where(i))
			b.ref.add(renamed[old] - 1)
		}
	}
}
