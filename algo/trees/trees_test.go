package trees

import (
	"archive/tar"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"testing"
)

// entry is a model of a library, rows, and what the library predicts for them.
type entry struct {
	name  string
	model []byte
	rows  []float32
	// want from plain rows, and from rows that name their features.
	want, sparse []float64
}

// corpus reads what testdata/make.py wrote; SAGEBRUSH_TREES_CORPUS names another
// file that it wrote, with more seeds.
func corpus(t testing.TB) []*entry {
	t.Helper()
	path := os.Getenv("SAGEBRUSH_TREES_CORPUS")
	if path == "" {
		path = "testdata/corpus.tar.gz"
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	packed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []*entry
	for archive := tar.NewReader(packed); ; {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		dot := strings.LastIndexByte(head.Name, '.')
		switch head.Name[dot+1:] {
		case "model":
			out = append(out, &entry{name: head.Name[:dot], model: data})
		case "rows":
			for ; len(data) > 0; data = data[4:] {
				last := out[len(out)-1]
				last.rows = append(last.rows, math.Float32frombits(binary.LittleEndian.Uint32(data)))
			}
		case "want":
			out[len(out)-1].want = doubles(data)
			out[len(out)-1].sparse = doubles(data)
		case "sparse":
			out[len(out)-1].sparse = doubles(data)
		}
	}
}

func doubles(data []byte) (out []float64) {
	for ; len(data) > 0; data = data[8:] {
		out = append(out, math.Float64frombits(binary.LittleEndian.Uint64(data)))
	}
	return out
}

// load reads the entry's model.
func (e *entry) load(t testing.TB) *Model {
	t.Helper()
	m, err := e.read(e.model)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (e *entry) read(data []byte) (*Model, error) {
	switch {
	case strings.HasPrefix(e.name, "xgboost"):
		return ReadXGBoost(data)
	case strings.HasPrefix(e.name, "lightgbm"):
		return ReadLightGBM(data)
	}
	return ReadTrees(data)
}

// TestLibraries compares predictions with those of the libraries: XGBoost's and
// scikit-learn's sums bit for bit, what went through an exponential in float64 to
// some units in the last place. The rows hold missing values, both zeros, numbers
// beside zero, and the largest.
func TestLibraries(t *testing.T) {
	t.Parallel()
	for _, e := range corpus(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			m := e.load(t)
			for _, sparse := range []bool{false, true} {
				want := e.want
				if sparse {
					want = e.sparse
				}
				got := make([]float64, len(e.rows)/m.Features*m.Outputs)
				m.Predictor().Predict(got, e.rows, sparse)
				if m.Labels {
					got = labels(m, got)
				}
				if len(got) != len(want) {
					t.Fatalf("%d predictions, want %d", len(got), len(want))
				}
				for i := range want {
					if !same(m, got[i], want[i]) {
						row := i * len(e.rows) / len(want) / m.Features
						t.Fatalf("sparse %v: prediction %d is %v, the library's %v; row %v", sparse, i, got[i], want[i],
							e.rows[row*m.Features:][:m.Features])
					}
				}
			}
		})
	}
}

func labels(m *Model, predictions []float64) (out []float64) {
	for ; len(predictions) > 0; predictions = predictions[m.Outputs:] {
		out = append(out, float64(m.Label(predictions[:m.Outputs])))
	}
	return out
}

func same(m *Model, got, want float64) bool {
	if got != got || want != want {
		return got != got && want != want
	}
	exact := m.Library == XGBoost || m.link.kind == identity
	return got == want || !exact && math.Abs(got-want) <= 1e-15*max(1, math.Abs(want))
}

// TestOneByOne: a row's prediction does not depend on the rows beside it, and
// takes no memory.
func TestOneByOne(t *testing.T) {
	t.Parallel()
	for _, e := range corpus(t) {
		m := e.load(t)
		all, one := make([]float64, len(e.rows)/m.Features*m.Outputs), make([]float64, m.Outputs)
		p := m.Predictor()
		p.Predict(all, e.rows, false)
		for i := range len(e.rows) / m.Features {
			p.Predict(one, e.rows[i*m.Features:][:m.Features], false)
			for k, v := range one {
				if w := all[i*m.Outputs+k]; v != w && v == v {
					t.Fatalf("%s: row %d alone is %v, among others %v", e.name, i, v, w)
				}
			}
		}
	}
}
