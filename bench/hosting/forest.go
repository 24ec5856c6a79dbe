package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/rand/v2"
)

const (
	depth    = 6
	nodes    = 1<<(depth+1) - 1
	features = 8
	// megabyte is how many trees make a file of a megabyte.
	megabyte = 1 << 20 / (nodes*21 + 1<<depth*8)
)

// forest is an archive with a forest of so many trees in the format sagebrush-trees
// (docs/native-trees.md).
func forest(trees int, seed uint64) ([]byte, error) {
	r := rand.New(rand.NewPCG(seed, 1))
	counts, groups := make([]int, trees), make([]int, trees)
	for i := range counts {
		counts[i] = nodes
	}
	head, err := json.Marshal(map[string]any{
		"library": "scikit-learn", "objective": "bench", "features": features, "outputs": 1, "link": "identity",
		"base": []float64{0}, "average": trees, "trees": counts, "groups": groups,
	})
	if err != nil {
		return nil, err
	}
	var left, right, feature, missing, threshold, leaves []byte
	put := func(at *[]byte, v int32) { *at = binary.LittleEndian.AppendUint32(*at, uint32(v)) }
	number := func(at *[]byte, v float64) { *at, _ = binary.Append(*at, binary.LittleEndian, v) }
	for range trees {
		for n := range int32(nodes) {
			if n < 1<<depth-1 {
				put(&left, 2*n+1)
				put(&right, 2*n+2)
			} else {
				put(&left, -1)
				put(&right, -1)
				number(&leaves, r.Float64())
			}
			put(&feature, r.Int32N(features))
			missing = append(missing, 0)
			number(&threshold, r.Float64())
		}
	}
	text := bytes.Join([][]byte{[]byte("sagebrush-trees 1\n"), head, []byte("\n"), left, right, feature, missing, threshold, leaves}, nil)
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	t := tar.NewWriter(z)
	if err := t.WriteHeader(&tar.Header{Name: "sagebrush.trees", Mode: 0o644, Size: int64(len(text))}); err != nil {
		return nil, err
	}
	if _, err := t.Write(text); err != nil {
		return nil, err
	}
	if err := errors.Join(t.Close(), z.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
