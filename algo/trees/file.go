package trees

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
)

// magic is the first line of a file in the format sagebrush-trees. The second is the
// header, in JSON; the nodes of all trees follow, in binary
// (testdata/sagebrush_trees.py writes one).
const magic = "sagebrush-trees 1\n"

// header is the file's second line.
type header struct {
	Library   string            `json:"library"`
	Objective string            `json:"objective"`
	Features  int               `json:"features"`
	Outputs   int               `json:"outputs"`
	Classes   []json.RawMessage `json:"classes"`
	Labels    bool              `json:"labels"`
	Link      string            `json:"link"`
	Factor    float64           `json:"factor"`
	Base      []float64         `json:"base"`
	Average   int               `json:"average"`
	Vectors   bool              `json:"vectors"`
	Missing   bool              `json:"missing"`
	Trees     []int             `json:"trees"`
	Groups    []int             `json:"groups"`
}

// ReadTrees reads a file in the format sagebrush-trees. The error says what is
// wrong with it.
func ReadTrees(data []byte) (*Model, error) {
	m, err := readTrees(data)
	if err != nil {
		return nil, fmt.Errorf("the file of trees cannot be used: %w", err)
	}
	return m, nil
}

func readTrees(data []byte) (*Model, error) {
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok {
		return nil, fmt.Errorf("it does not begin with the line %.17q", magic)
	}
	line, rest, ok := bytes.Cut(rest, []byte("\n"))
	if !ok {
		return nil, fmt.Errorf("its header does not end")
	}
	var h header
	if err := json.Unmarshal(line, &h); err != nil {
		return nil, fmt.Errorf("its header: %w", err)
	}
	m, err := h.model()
	if err != nil {
		return nil, err
	}
	f := newForest[float64](m.sums)
	copy(f.base, h.Base)
	if err := h.fill(f, rest); err != nil {
		return nil, err
	}
	m.double = f
	return m, nil
}

// model is the model without its trees.
func (h *header) model() (*Model, error) {
	if h.Features < 1 || h.Features > MaxFeatures || h.Outputs < 1 || h.Outputs > 1<<16 {
		return nil, fmt.Errorf("it has %d features and %d outputs", h.Features, h.Outputs)
	}
	m := &Model{
		Library: h.Library, Objective: h.Objective, Features: h.Features, Outputs: h.Outputs,
		Labels: h.Labels, Missing: h.Missing, Finite: true, sums: h.Outputs, factor: h.Factor, average: float64(h.Average),
	}
	for _, class := range h.Classes {
		m.Classes = append(m.Classes, string(class))
	}
	switch h.Link {
	case "identity":
	case "softmax":
		m.link.kind = softmax
	case "complement":
		m.link.kind, m.sums = complement, 1
		if h.Outputs != 2 {
			return nil, fmt.Errorf("the link complement is of 2 outputs, not %d", h.Outputs)
		}
	default:
		return nil, fmt.Errorf("its link %.40q is not known", h.Link)
	}
	switch {
	case len(h.Base) != m.sums:
		return nil, fmt.Errorf("it has %d beginnings of %d sums", len(h.Base), m.sums)
	case h.Labels && len(h.Classes) != h.Outputs:
		return nil, fmt.Errorf("it has %d classes for %d outputs", len(h.Classes), h.Outputs)
	case h.Average < 0:
		return nil, fmt.Errorf("its average is over %d", h.Average)
	case h.Vectors && m.sums != h.Outputs:
		return nil, fmt.Errorf("its leaves are vectors of %d for %d sums", h.Outputs, m.sums)
	case !h.Vectors && len(h.Groups) != len(h.Trees):
		return nil, fmt.Errorf("it has groups for %d trees of %d", len(h.Groups), len(h.Trees))
	}
	return m, nil
}

// fill reads the arrays, which are of all trees' nodes one after the other.
func (h *header) fill(f *forest[float64], data []byte) error {
	const each = 4 + 4 + 4 + 1 + 8 // bytes of a node
	total := 0
	for _, n := range h.Trees {
		if n < 1 || n > len(data)/each-total {
			return fmt.Errorf("its trees have more nodes than the file holds")
		}
		total += n
	}
	take := func(size int) []byte {
		b := data[:total*size]
		data = data[total*size:]
		return b
	}
	left, right, feature, missing, threshold := take(4), take(4), take(4), take(1), take(8)
	word := func(b []byte, i int) int32 { return int32(binary.LittleEndian.Uint32(b[4*i:])) }
	double := func(b []byte, i int) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])) }
	width := 1
	if h.Vectors {
		width = h.Outputs
		f.vectors = make([]float64, 0, len(data)/8)
	}
	used := 0 // leaves
	for t, at := 0, 0; t < len(h.Trees); t++ {
		tree := make([]branch[float64], h.Trees[t])
		for i := range tree {
			b := &tree[i]
			if b.left = word(left, at); b.left >= 0 {
				k := word(feature, at)
				if k < 0 || k >= MaxFeatures {
					return fmt.Errorf("tree %d: node %d splits by feature %d", t, i, k)
				}
				b.right, b.value, b.split = word(right, at), double(threshold, at), uint32(k)|missingNaN
				if missing[at] != 0 {
					b.split |= defaultLeft
				}
			} else {
				if len(data) < 8*width*(used+1) {
					return fmt.Errorf("it has values for %d leaves; there are more", len(data)/8/width)
				}
				if h.Vectors {
					b.vector = uint32(len(f.vectors))
					for k := range width {
						f.vectors = append(f.vectors, double(data, used*width+k))
					}
				} else {
					b.value = double(data, used)
				}
				used++
			}
			at++
		}
		group := 0
		if !h.Vectors {
			group = h.Groups[t]
		}
		if err := f.plant(tree, group, h.Features); err != nil {
			return fmt.Errorf("tree %d: %w", t, err)
		}
	}
	if len(data) != 8*width*used {
		return fmt.Errorf("it has %d bytes of values for %d leaves", len(data), used)
	}
	return nil
}
