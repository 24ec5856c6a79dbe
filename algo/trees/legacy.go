package trees

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// legacyReader reads the binary format that XGBoost wrote until version 3.0:
// structs of C as they lay in memory.
type legacyReader struct {
	data []byte
	err  error
}

// bytes takes n bytes; without them it remembers that and answers nil.
func (r *legacyReader) bytes(n uint64) []byte {
	if r.err != nil || n > uint64(len(r.data)) {
		if r.err == nil {
			r.err = fmt.Errorf("it is neither JSON nor UBJSON, and as a file in XGBoost's old binary format it is cut off")
		}
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

// fields takes a struct of n words of 4 bytes.
func (r *legacyReader) fields(n int) []uint32 {
	out := make([]uint32, n)
	b := r.bytes(4 * uint64(n))
	for i := 0; i < len(b); i += 4 {
		out[i/4] = binary.LittleEndian.Uint32(b[i:])
	}
	return out
}

// length takes the length of a text or vector.
func (r *legacyReader) length() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *legacyReader) text() string { return string(r.bytes(min(r.length(), 1<<16))) }

func (r *legacyReader) vector() []float32 {
	n := r.length()
	if n > uint64(len(r.data))/4 {
		n = math.MaxUint64 / 8 // more than there can be
	}
	return r.floats(n)
}

func (r *legacyReader) floats(n uint64) []float32 {
	b := r.bytes(4 * n)
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}

func readLegacy(data []byte) (*Model, error) {
	r := &legacyReader{data: bytes.TrimPrefix(data, []byte("binf"))}
	head := r.fields(34)
	l := learner{scores: []float32{math.Float32frombits(head[0])}, features: int(head[1]), classes: int(head[2]), targets: int(head[7])}
	l.margins = head[5] < 1
	var booster string
	l.objective, booster = r.text(), r.text()
	if r.err != nil {
		return nil, r.err
	}
	if l.features > MaxFeatures || l.classes > 1<<16 || l.targets > 1<<16 || l.classes < 0 {
		return nil, fmt.Errorf("it is no XGBoost model")
	}
	m, outputs, err := l.model(booster)
	if err != nil {
		return nil, err
	}
	switch booster {
	case "gbtree", "dart":
		return m, r.trees(&l, m, outputs)
	case "gblinear":
		r.fields(34)
		weights := r.vector()
		if r.err != nil {
			return nil, r.err
		}
		return m, l.linear(m, weights, outputs)
	}
	return nil, fmt.Errorf("its booster %.40q is not supported; gbtree, dart and gblinear are", booster)
}

func (r *legacyReader) trees(l *learner, m *Model, outputs int) error {
	n := r.fields(40)[0]
	f := newForest[float32](outputs)
	trees := make([][]branch[float32], 0, min(int(n), 1+len(r.data)/184))
	for range n {
		head := r.fields(37)
		trees = append(trees, r.tree(head[1]))
		if head[5] > 1 && r.err == nil {
			r.err = fmt.Errorf("its leaves are vectors, which are not supported")
		}
		if r.err != nil {
			return r.err
		}
	}
	groups := r.bytes(4 * uint64(n))
	var weights []float32
	if m.dart && n > 0 {
		weights = r.vector()
	}
	if r.err != nil {
		return r.err
	}
	for i, tree := range trees {
		if err := f.plant(tree, int(int32(binary.LittleEndian.Uint32(groups[4*i:]))), l.features); err != nil {
			return fmt.Errorf("tree %d: %w", i, err)
		}
	}
	return l.finish(m, f, weights)
}

// tree reads n nodes and passes over their statistics.
func (r *legacyReader) tree(n uint32) []branch[float32] {
	b := r.bytes(20 * uint64(n))
	r.bytes(16 * uint64(n))
	out := make([]branch[float32], len(b)/20)
	for i := range out {
		word := func(k int) uint32 { return binary.LittleEndian.Uint32(b[20*i+4*k:]) }
		out[i] = branch[float32]{left: int32(word(1)), right: int32(word(2)), value: math.Float32frombits(word(4))}
		if out[i].left < 0 {
			continue
		}
		out[i].split = word(3) & featureMask
		if word(3)&(1<<31-1) > featureMask {
			out[i].split = featureMask // more than there can be
		}
		if word(3)>>31 != 0 {
			out[i].split |= defaultLeft
		}
	}
	return out
}
