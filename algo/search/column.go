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
	ref  []uint32
	dict string
	ends []uint32
	// parsed are the dictionary's texts as numbers, NaN for what is none; nil
	// where no text is one.
	parsed []float64
}

// places say which records, and which elements of their lists, have the values:
// sorted by both. at is nil when no value is in a list's element but the first.
type places struct {
	doc []uint16
	at  []uint64
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

// parse fills in parsed.
func (c *Column) parse() {
	for i := range c.ends {
		if v, _ := parseNumber(c.entry(uint32(i))); !math.IsNaN(v) {
			if c.parsed == nil {
				c.parsed = make([]float64, len(c.ends))
				for k := range c.parsed {
					c.parsed[k] = math.NaN()
				}
			}
			c.parsed[i] = v
		}
	}
}

func (c *Column) asNumber(ref uint32) float64 {
	if c.parsed == nil {
		return math.NaN()
	}
	return c.parsed[ref]
}

// Bytes is about how much memory the column takes.
func (c *Column) Bytes() int {
	return 200 + 2*(len(c.marks.doc)+len(c.nums.doc)+len(c.texts.doc)) + 8*(len(c.marks.at)+len(c.nums.at)+len(c.texts.at)) +
		8*len(c.num) + 4*len(c.ref) + len(c.dict) + 4*len(c.ends) + 8*len(c.parsed)
}

// Text is the text of record i in a column that has one for each record.
func (c *Column) Text(i int) string {
	if i >= len(c.ref) {
		return ""
	}
	return c.entry(c.ref[i])
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
	b.ref = append(b.ref, ref)
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
	refs := make([]uint32, len(c.ends)) // of the new dictionary, one more than the index
	for i, doc := range c.texts.doc {
		n := number[doc]
		if n < 0 {
			continue
		}
		if old := c.ref[i]; refs[old] == 0 {
			b.addText(int(n), c.texts.where(i), c.entry(old))
			refs[old] = b.ref[len(b.ref)-1] + 1
		} else {
			b.texts.add(int(n), c.texts.where(i))
			b.ref = append(b.ref, refs[old]-1)
		}
	}
}
