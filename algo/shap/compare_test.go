package shap_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/sagebrush/sagebrush/algo/shap"
)

// model is one of testdata/make.py.
type model struct {
	Sigmoid bool
	Bias    []float64
	Weight  [][]float64
	Pair    [][][]float64
}

func (m model) answer(x []float64) []float64 {
	out := make([]float64, len(m.Bias))
	for k := range out {
		y := m.Bias[k]
		for i := range x {
			y += m.Weight[k][i] * x[i]
			for j := range x {
				y += m.Pair[k][i][j] * x[i] * x[j]
			}
		}
		if m.Sigmoid {
			y = 1 / (1 + math.Exp(-y))
		}
		out[k] = y
	}
	return out
}

// explained is one record, and what the package shap says of it.
type explained struct {
	Model    model
	Baseline [][]float64
	Record   []float64
	Samples  int
	Logit    bool
	Base     []float64
	Values   [][]float64
}

// corpus reads what make.py wrote, or what it has written into the file that
// SAGEBRUSH_SHAP_CORPUS names (python3 e2e/run.py shap).
func corpus(t *testing.T) (cases []explained) {
	t.Helper()
	path := os.Getenv("SAGEBRUSH_SHAP_CORPUS")
	if path == "" {
		path = filepath.Join("testdata", "corpus.json.gz")
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(unpacked).Decode(&cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// TestAgainstThePackage: what the Python package shap computes, to 1e-6 where all
// coalitions are enumerated (Explain-1).
func TestAgainstThePackage(t *testing.T) {
	t.Parallel()
	compared := 0
	for n, c := range corpus(t) {
		o := shap.Options{Samples: c.Samples, Seed: 1, Logit: c.Logit}
		e, exact := explain(t, o, c.Record, c.Baseline, c.Model.answer)
		if !exact {
			continue
		}
		compared++
		name := fmt.Sprintf("case %d (%d features)", n, len(c.Record))
		near(t, name+", base", e.Base, c.Base, 1e-6)
		for i := range c.Values {
			near(t, fmt.Sprintf("%s, feature %d", name, i), e.Values[i], c.Values[i], 1e-6)
		}
	}
	if compared < 20 {
		t.Errorf("only %d cases had all coalitions", compared)
	}
}

// TestSampledAgainstThePackage: where coalitions are drawn, the values are as close
// to the true ones as the package's are.
func TestSampledAgainstThePackage(t *testing.T) {
	t.Parallel()
	type errors struct{ ours, theirs, total float64 }
	sums := map[string]*errors{}
	for _, c := range corpus(t) {
		f := len(c.Record)
		o := shap.Options{Samples: c.Samples, Seed: 7, Logit: c.Logit}
		e, exact := explain(t, o, c.Record, c.Baseline, c.Model.answer)
		if exact || f > 16 {
			continue
		}
		name := fmt.Sprintf("%d features, %d samples", f, c.Samples)
		s := sums[name]
		if s == nil {
			s = &errors{}
			sums[name] = s
		}
		truth := shapley(c.Record, c.Baseline, c.Model.answer)
		for i := range truth {
			for k := range truth[i] {
				s.ours += square(e.Values[i][k] - truth[i][k])
				s.theirs += square(c.Values[i][k] - truth[i][k])
				s.total += square(truth[i][k])
			}
		}
	}
	if len(sums) < 3 {
		t.Fatalf("only %d sizes were sampled", len(sums))
	}
	for name, s := range sums {
		ours, theirs := math.Sqrt(s.ours/s.total), math.Sqrt(s.theirs/s.total)
		t.Logf("%s: relative error %.4f, of the package %.4f", name, ours, theirs)
		if ours > 1.5*theirs {
			t.Errorf("%s: the relative error is %.4f, that of the package only %.4f", name, ours, theirs)
		}
	}
}

// TestManyFeatures: models of pairs of features are explained exactly from drawn
// coalitions too, because each comes with its complement; the package comes near.
func TestManyFeatures(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, c := range corpus(t) {
		if len(c.Record) != 70 {
			continue
		}
		compared++
		e, exact := explain(t, shap.Options{Samples: c.Samples, Seed: 3}, c.Record, c.Baseline, c.Model.answer)
		if exact {
			t.Fatal("70 features cannot be enumerated")
		}
		for i, want := range c.Model.ofPairs(c.Record, c.Baseline[0]) {
			near(t, fmt.Sprintf("feature %d", i), e.Values[i], []float64{want}, 1e-9)
			near(t, fmt.Sprintf("feature %d of the package", i), c.Values[i], []float64{want}, 0.2)
		}
	}
	if compared == 0 {
		t.Error("no case has 70 features")
	}
}

// ofPairs are the Shapley values of the first output, in closed form.
func (m model) ofPairs(x, b []float64) []float64 {
	values := make([]float64, len(x))
	q := m.Pair[0]
	for i := range x {
		d := x[i] - b[i]
		values[i] = d*m.Weight[0][i] + q[i][i]*d*d
		for j := range x {
			both := q[i][j] + q[j][i]
			values[i] += d * both * b[j]
			if j != i {
				values[i] += d * both * (x[j] - b[j]) / 2
			}
		}
	}
	return values
}

func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
	for k := range got {
		if math.Abs(got[k]-want[k]) > tolerance*max(1, math.Abs(want[k])) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
}

func square(x float64) float64 { return x * x }
