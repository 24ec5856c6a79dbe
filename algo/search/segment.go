package search

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// NameColumn is the property under which a segment keeps the names of its records.
const NameColumn = ""

// chunkSize is how many bytes of columns are stored together: so much is read
// for one of them, and so many rows are written for all of them.
const chunkSize = 32 << 10

// Named is a record under its name.
type Named struct {
	Name string
	Doc  Doc
}

// Packed is a segment as it is stored.
type Packed struct {
	// Docs is how many records it has.
	Docs int
	// Directory tells which property is in which chunk.
	Directory []byte
	Chunks    [][]byte
}

// Pack makes a segment of at most MaxDocs records.
func Pack(docs []Named) *Packed {
	columns := map[string]*columnBuilder{NameColumn: {}}
	for i, d := range docs {
		columns[NameColumn].addText(i, 0, d.Name)
		for _, v := range d.Doc {
			c := columns[v.Property]
			if c == nil {
				c = &columnBuilder{}
				columns[v.Property] = c
			}
			c.add(i, v)
		}
	}
	p := newPacker(len(docs))
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		p.add(name, columns[name].column())
	}
	return p.packed()
}

// Merge makes one segment of the living records of several, in their order, and
// answers for each input the new number of its records, -1 for dead ones.
func Merge(parts []Part) (*Packed, [][]int32, error) {
	names := map[string]bool{}
	numbers, n := make([][]int32, len(parts)), 0
	for i, part := range parts {
		numbers[i] = make([]int32, part.Segment.Docs())
		for doc := range numbers[i] {
			numbers[i][doc] = -1
			if !part.Dead.Has(doc) {
				numbers[i][doc] = int32(n)
				n++
			}
		}
		for _, name := range part.Segment.Properties() {
			names[name] = true
		}
	}
	p := newPacker(n)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		var b columnBuilder
		for i, part := range parts {
			c, err := part.Segment.Column(name)
			if err != nil {
				return nil, nil, err
			}
			if c != nil {
				b.appendFrom(c, numbers[i])
			}
		}
		if c := b.column(); len(c.marks.doc)+len(c.nums.doc)+len(c.texts.doc) > 0 {
			p.add(name, c)
		}
	}
	return p.packed(), numbers, nil
}

// Part is a segment to be merged without its dead records.
type Part struct {
	Segment Segment
	Dead    Bits
}

// Segment gives the columns of a segment.
type Segment interface {
	// Docs is how many records it has.
	Docs() int
	// Properties are the names of its columns, sorted.
	Properties() []string
	// Column is the one of that name, nil when no record has the property.
	Column(property string) (*Column, error)
}

// packer puts columns into chunks.
type packer struct {
	enc       *zstd.Encoder
	docs      int
	chunk     []byte
	directory []byte
	chunks    [][]byte
}

// newPacker begins a segment of n records. Its encoder has no goroutines and is
// thrown away: segments are written in the background, now and then.
func newPacker(n int) *packer {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
	if err != nil {
		panic(err) // the options are constants that are accepted
	}
	return &packer{enc: enc, docs: n}
}

func (p *packer) add(name string, c *Column) {
	data := c.encode(nil)
	p.chunk = binary.AppendUvarint(p.chunk, uint64(len(data)))
	p.chunk = append(p.chunk, data...)
	p.directory = binary.AppendUvarint(p.directory, uint64(len(p.chunks)))
	p.directory = binary.AppendUvarint(p.directory, uint64(len(name)))
	p.directory = append(p.directory, name...)
	if len(p.chunk) >= chunkSize {
		p.flush()
	}
}

func (p *packer) flush() {
	if len(p.chunk) > 0 {
		p.chunks = append(p.chunks, p.enc.EncodeAll(p.chunk, nil))
		p.chunk = p.chunk[:0]
	}
}

func (p *packer) packed() *Packed {
	p.flush()
	return &Packed{Docs: p.docs, Directory: p.enc.EncodeAll(p.directory, nil), Chunks: p.chunks}
}
