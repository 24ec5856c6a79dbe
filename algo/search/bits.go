package search

import (
	"encoding/binary"
	"math/bits"
)

// MaxDocs is how many records a segment holds at most.
const MaxDocs = 4096

// Bits is a set of a segment's records.
type Bits []uint64

// NewBits is the empty set for n records.
func NewBits(n int) Bits { return make(Bits, (n+63)/64) }

// AllBits is the set of all n records.
func AllBits(n int) Bits {
	b := NewBits(n)
	for i := range b {
		b[i] = ^uint64(0)
	}
	if rest := n % 64; rest > 0 {
		b[len(b)-1] = 1<<rest - 1
	}
	return b
}

// Set adds a record.
func (b Bits) Set(i int) { b[i/64] |= 1 << (i % 64) }

// Clear removes a record, if there is such a one.
func (b Bits) Clear(i int) {
	if i/64 < len(b) {
		b[i/64] &^= 1 << (i % 64)
	}
}

// Has says whether a record is in the set.
func (b Bits) Has(i int) bool { return i/64 < len(b) && b[i/64]&(1<<(i%64)) != 0 }

// And keeps what is in c as well.
func (b Bits) And(c Bits) {
	for i := range b {
		b[i] &= c[i]
	}
}

// Or adds what is in c.
func (b Bits) Or(c Bits) {
	for i := range b {
		b[i] |= c[i]
	}
}

// AndNot removes what is in c, which may be shorter.
func (b Bits) AndNot(c Bits) {
	for i := range c {
		b[i] &^= c[i]
	}
}

// Count is the size of the set.
func (b Bits) Count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// Empty says that nothing is in the set.
func (b Bits) Empty() bool {
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}

// Each calls fn for every record in the set, in order, until it answers false.
func (b Bits) Each(fn func(i int) bool) {
	for i, w := range b {
		for w != 0 {
			if !fn(i*64 + bits.TrailingZeros64(w)) {
				return
			}
			w &= w - 1
		}
	}
}

// Bytes is the set as it is stored.
func (b Bits) Bytes() []byte {
	data := make([]byte, 0, 8*len(b))
	for _, w := range b {
		data = binary.LittleEndian.AppendUint64(data, w)
	}
	return data
}

// BitsOf reads what Bytes wrote, as a set of n records; what is missing is not in
// the set.
func BitsOf(data []byte, n int) Bits {
	b := NewBits(n)
	for i := range b {
		if len(data) >= 8*(i+1) {
			b[i] = binary.LittleEndian.Uint64(data[8*i:])
		}
	}
	return b
}
