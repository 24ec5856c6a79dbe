package search

import (
	"bytes"
	"testing"
)

// FuzzDecodeColumn reads damaged columns: an error, or a column that can be used
// and that is written as it was read.
func FuzzDecodeColumn(f *testing.F) {
	var b columnBuilder
	for i, v := range []Value{{}, {At: at(0, 1, 3)}, {kind: number, Num: 1.5}, {kind: text, Text: "1"}, {kind: text, Text: "x"}, {kind: text, Text: "1"}} {
		b.add(i, v)
	}
	f.Add(b.column().encode(nil), 6)
	f.Add([]byte{}, 0)
	f.Fuzz(func(t *testing.T, data []byte, docs int) {
		docs &= MaxDocs - 1
		c, err := decodeColumn(data, docs, []uint16{0, 1, 2, 3})
		if err != nil {
			return
		}
		if Present(c, NewBits(docs)) {
			t.Error("a value of no record")
		}
		for i := range c.ref.len() {
			_ = c.entry(c.ref.at(i))
		}
		again, err := decodeColumn(c.encode(nil), docs, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.encode(nil), c.encode(nil)) {
			t.Error("written otherwise than read")
		}
	})
}
