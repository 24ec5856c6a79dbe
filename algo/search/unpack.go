package search

import (
	"fmt"
	"math"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// maxUnpacked bounds what one stored blob may grow to.
const maxUnpacked = 256 << 20

// Unpacker reads stored segments. Many may use it at once.
type Unpacker struct {
	dec *zstd.Decoder
	// count is the numbers of all records that a segment can have.
	count []uint16
}

// NewUnpacker makes an Unpacker.
func NewUnpacker() (*Unpacker, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxUnpacked))
	u := &Unpacker{dec: dec, count: make([]uint16, MaxDocs)}
	for i := range u.count {
		u.count[i] = uint16(i)
	}
	return u, err
}

// Directory says where the columns of a segment are.
type Directory struct {
	// Names of the columns, sorted.
	Names []string
	// chunk and place of each: its number in the chunk.
	chunk, place []int32
}

// Find is the chunk of a column and its place in it; false when there is none.
func (d *Directory) Find(property string) (chunk, place int, ok bool) {
	i, ok := slices.BinarySearch(d.Names, property)
	if !ok {
		return 0, 0, false
	}
	return int(d.chunk[i]), int(d.place[i]), true
}

// Bytes is about how much memory the directory takes.
func (d *Directory) Bytes() (n int) {
	for _, name := range d.Names {
		n += len(name) + 24
	}
	return n
}

// Directory reads a segment's directory.
func (u *Unpacker) Directory(packed []byte) (*Directory, error) {
	data, err := u.dec.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("search: directory: %w", err)
	}
	dir, d := &Directory{}, decoder{data: data}
	place := int32(0)
	for len(d.data) > 0 {
		chunk := int32(min(d.uvarint(), math.MaxInt32))
		if n := len(dir.chunk); n > 0 && dir.chunk[n-1] != chunk {
			place = 0
		}
		dir.Names = append(dir.Names, string(d.bytes(d.count(1))))
		dir.chunk, dir.place = append(dir.chunk, chunk), append(dir.place, place)
		place++
	}
	if d.bad || !slices.IsSorted(dir.Names) {
		return nil, errCorrupt
	}
	return dir, nil
}

// Column reads the column at place in a chunk of a segment with n records.
func (u *Unpacker) Column(packed []byte, place, n int) (*Column, error) {
	data, err := u.dec.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("search: column: %w", err)
	}
	d := decoder{data: data}
	for range place {
		d.bytes(d.count(1))
	}
	data = d.bytes(d.count(1))
	if d.bad {
		return nil, errCorrupt
	}
	return decodeColumn(data, n, u.count)
}

// Columns is a Segment whose columns are all in memory.
type Columns struct {
	docs    int
	names   []string
	columns map[string]*Column
}

// Unpack reads a whole segment.
func (u *Unpacker) Unpack(p *Packed) (*Columns, error) {
	dir, err := u.Directory(p.Directory)
	if err != nil {
		return nil, err
	}
	c := &Columns{docs: p.Docs, names: dir.Names, columns: make(map[string]*Column, len(dir.Names))}
	raw := make([]*decoder, len(p.Chunks))
	for i, name := range dir.Names {
		k := int(dir.chunk[i])
		if k >= len(raw) {
			return nil, errCorrupt
		}
		if raw[k] == nil {
			data, err := u.dec.DecodeAll(p.Chunks[k], nil)
			if err != nil {
				return nil, fmt.Errorf("search: column: %w", err)
			}
			raw[k] = &decoder{data: data}
		}
		data := raw[k].bytes(raw[k].count(1))
		if raw[k].bad {
			return nil, errCorrupt
		}
		if c.columns[name], err = decodeColumn(data, p.Docs, u.count); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Docs implements Segment.
func (c *Columns) Docs() int { return c.docs }

// Properties implements Segment.
func (c *Columns) Properties() []string { return c.names }

// Column implements Segment.
func (c *Columns) Column(property string) (*Column, error) { return c.columns[property], nil }
