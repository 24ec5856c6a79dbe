package search

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// errCorrupt says that bytes are not an encoded column or chunk.
var errCorrupt = errors.New("search: the stored column is damaged")

// encode appends the column's bytes: the marks, the numbers, the texts; each its
// places and then its values. Counts and small numbers are varints, which a
// general compression makes smaller still.
func (c *Column) encode(b []byte) []byte {
	b = c.marks.encode(b)
	b = c.nums.encode(b)
	for _, v := range c.num {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	b = c.texts.encode(b)
	b = binary.AppendUvarint(b, uint64(len(c.ends)))
	begin := uint32(0)
	for _, end := range c.ends {
		b = binary.AppendUvarint(b, uint64(end-begin))
		begin = end
	}
	b = append(b, c.dict...)
	for i := range c.ref.len() {
		b = binary.AppendUvarint(b, uint64(c.ref.at(i)))
	}
	return b
}

// encode appends places: their number (twice, plus one with elements), the
// distance of each record from the one before, and the elements.
func (p *places) encode(b []byte) []byte {
	head := uint64(len(p.doc)) * 2
	if p.at != nil {
		head++
	}
	b = binary.AppendUvarint(b, head)
	last := uint16(0)
	for _, d := range p.doc {
		b = binary.AppendUvarint(b, uint64(d-last))
		last = d
	}
	for _, a := range p.at {
		b = binary.AppendUvarint(b, a>>48|a<<16) // the outermost list is the usual one
	}
	return b
}

// decodeColumn reads a column of a segment with n records.
// count is the numbers from 0 on, shared by all columns that have a value for
// each record.
func decodeColumn(data []byte, n int, count []uint16) (*Column, error) {
	d := decoder{data: data, dense: count}
	c := &Column{marks: d.places(n), nums: d.places(n)}
	c.num = make([]float64, len(c.nums.doc))
	for i := range c.num {
		c.num[i] = math.Float64frombits(d.fixed())
	}
	c.texts = d.places(n)
	c.ends = make([]uint32, d.count(1))
	total := uint64(0)
	for i := range c.ends {
		total += d.uvarint()
		if total > uint64(len(d.data)) {
			return nil, errCorrupt
		}
		c.ends[i] = uint32(total)
	}
	c.dict = string(d.bytes(int(total)))
	if len(c.ends) > math.MaxUint16 {
		c.ref.wide = make([]uint32, 0, len(c.texts.doc))
	} else {
		c.ref.narrow = make([]uint16, 0, len(c.texts.doc))
	}
	for range c.texts.doc {
		r := d.uvarint()
		if r >= uint64(len(c.ends)) {
			return nil, errCorrupt
		}
		c.ref.add(uint32(r))
	}
	if d.bad || len(d.data) > 0 {
		return nil, errCorrupt
	}
	return c, nil
}

// decoder reads what encode wrote; bad says that it ran out or makes no sense.
type decoder struct {
	data  []byte
	bad   bool
	dense []uint16
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.bad, d.data = true, nil
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *decoder) fixed() uint64 {
	if len(d.data) < 8 {
		d.bad, d.data = true, nil
		return 0
	}
	v := binary.LittleEndian.Uint64(d.data)
	d.data = d.data[8:]
	return v
}

func (d *decoder) bytes(n int) []byte {
	if n < 0 || n > len(d.data) {
		d.bad, d.data = true, nil
		return nil
	}
	b := d.data[:n]
	d.data = d.data[n:]
	return b
}

// count reads how many things follow that take at least size bytes each, so that
// damaged bytes never ask for more memory than they are long.
func (d *decoder) count(size int) int {
	n := d.uvarint()
	if n > uint64(len(d.data)/size) {
		d.bad, d.data = true, nil
		return 0
	}
	return int(n)
}

func (d *decoder) places(n int) places {
	var p places
	head := d.uvarint()
	count := head / 2
	if count > uint64(len(d.data)) {
		d.bad, d.data = true, nil
		return p
	}
	p.doc = make([]uint16, count)
	last := uint64(0)
	for i := range p.doc {
		if last += d.uvarint(); last >= uint64(n) {
			d.bad, d.data = true, nil
			return places{}
		}
		p.doc[i] = uint16(last)
	}
	if int(count) <= len(d.dense) && slices.Equal(p.doc, d.dense[:count]) {
		p.doc, p.dense = d.dense[:count:count], true
	}
	if head%2 == 1 {
		p.at = make([]uint64, count)
		for i := range p.at {
			a := d.uvarint()
			p.at[i] = a<<48 | a>>16
		}
	}
	return p
}
