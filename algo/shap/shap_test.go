package shap_test

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sagebrush/sagebrush/algo/shap"
)

// explain runs an explanation to its end and says whether it had all coalitions.
func explain(t *testing.T, o shap.Options, record []float64, baseline [][]float64, f func([]float64) []float64) (*shap.Explanation, bool) {
	t.Helper()
	varies := make([]bool, len(record))
	for i := range record {
		varies[i] = slices.ContainsFunc(baseline, func(b []float64) bool { return b[i] != record[i] })
	}
	r, err := shap.Begin(o, varies, len(baseline))
	if err != nil {
		t.Fatal(err)
	}
	row := make([]float64, len(record))
	for _, i := range rand.Perm(r.Len()) { // the order does not matter
		q := r.Query(i)
		for k := range row {
			if row[k] = baseline[q.Baseline][k]; q.Present(k) {
				row[k] = record[k]
			}
		}
		if err := r.Answer(i, f(row)); err != nil {
			t.Fatal(err)
		}
	}
	e, err := r.Finish(f(record))
	if err != nil {
		t.Fatal(err)
	}
	return e, r.Exact()
}

// shapley computes the values by their definition, from all coalitions.
func shapley(record []float64, baseline [][]float64, f func([]float64) []float64) [][]float64 {
	n := len(record)
	worth := make([][]float64, 1<<n)
	row := make([]float64, n)
	for s := range worth {
		for _, b := range baseline {
			for i := range row {
				if row[i] = b[i]; s>>i&1 != 0 {
					row[i] = record[i]
				}
			}
			for k, y := range f(row) {
				if worth[s] == nil {
					worth[s] = make([]float64, len(f(row)))
				}
				worth[s][k] += y / float64(len(baseline))
			}
		}
	}
	factorial := make([]float64, n+1)
	factorial[0] = 1
	for i := 1; i <= n; i++ {
		factorial[i] = factorial[i-1] * float64(i)
	}
	values := make([][]float64, n)
	for i := range values {
		values[i] = make([]float64, len(worth[0]))
		for s := range worth {
			if s>>i&1 != 0 {
				continue
			}
			size := bits.OnesCount(uint(s))
			w := factorial[size] * factorial[n-size-1] / factorial[n]
			for k := range values[i] {
				values[i][k] += w * (worth[s|1<<i][k] - worth[s][k])
			}
		}
	}
	return values
}

// game is a random model of that many features with two outputs, of no simple form,
// which does not look at the features in ignored.
func game(random *rand.Rand, features int, ignored ...int) func([]float64) []float64 {
	w := make([]float64, 3*features)
	for i := range w {
		if w[i] = random.NormFloat64(); slices.Contains(ignored, i%features) {
			w[i] = 0
		}
	}
	return func(x []float64) []float64 {
		a, b, c := 0.0, 0.0, 0.0
		for i, v := range x {
			a += w[i] * v
			b += w[features+i] * math.Tanh(v)
			c += w[2*features+i] * v * v
		}
		return []float64{math.Sin(a) + a*b, 1 / (1 + math.Exp(-c))}
	}
}

func normals(random *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = random.NormFloat64()
	}
	return x
}

// TestExactValues: with all coalitions the values are those of the definition.
func TestExactValues(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	for features := 1; features <= 9; features++ {
		f := game(random, features)
		record := normals(random, features)
		baseline := [][]float64{normals(random, features), normals(random, features)}
		e, exact := explain(t, shap.Options{}, record, baseline, f)
		if !exact {
			t.Fatalf("%d features were not enumerated", features)
		}
		for i, want := range shapley(record, baseline, f) {
			near(t, "value", e.Values[i], want, 1e-9)
		}
	}
}

// TestLaws: efficiency with any number of coalitions; dummy and symmetry where the
// coalitions suffice to tell.
func TestLaws(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 2))
		features := 2 + random.IntN(20)
		samples := random.IntN(2) * (1 + random.IntN(300))
		dummy := random.IntN(features)
		f := game(random, features, dummy)
		record, baseline := normals(random, features), [][]float64{normals(random, features)}
		e, exact := explain(t, shap.Options{Samples: samples, Seed: seed}, record, baseline, f)
		full, none := f(record), f(baseline[0])
		for k := range full {
			sum := e.Base[k]
			for i := range record {
				sum += e.Values[i][k]
			}
			near(t, "base", e.Base[k:k+1], none[k:k+1], 1e-9)
			near(t, "sum of the values", []float64{sum}, full[k:k+1], 1e-9)
			if exact && e.Values[dummy][k] != 0 {
				t.Errorf("seed %d: feature %d is not looked at and has the value %v", seed, dummy, e.Values[dummy][k])
			}
		}
	}
}

// TestSymmetry: two features that make the same difference have the same value.
func TestSymmetry(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 3))
		features := 2 + random.IntN(8)
		inner := game(random, features-1)
		f := func(x []float64) []float64 { // the first and the last only by their sum
			y := slices.Clone(x[:features-1])
			y[0] += x[features-1]
			return inner(y)
		}
		record, baseline := normals(random, features), normals(random, features)
		record[features-1], baseline[features-1] = record[0], baseline[0]
		e, _ := explain(t, shap.Options{}, record, [][]float64{baseline}, f)
		near(t, "value of the twin", e.Values[features-1], e.Values[0], 1e-9)
	}
}

// TestLinearModels: the value of a feature is its weight times its difference, with
// any number of coalitions that suffices for as many unknowns.
func TestLinearModels(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 4))
		features := 1 + random.IntN(40)
		w := normals(random, features)
		f := func(x []float64) []float64 {
			y := 3.0
			for i := range x {
				y += w[i] * x[i]
			}
			return []float64{y}
		}
		record, baseline := normals(random, features), [][]float64{normals(random, features), normals(random, features)}
		o := shap.Options{Seed: seed, Samples: random.IntN(2) * (3 * features)}
		e, _ := explain(t, o, record, baseline, f)
		for i := range record {
			want := w[i] * (record[i] - (baseline[0][i]+baseline[1][i])/2)
			near(t, "value", e.Values[i], []float64{want}, 1e-8)
		}
	}
}

// TestSeed: the same seed, the same values; another, others (Explain-1).
func TestSeed(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 5))
	f := game(random, 18)
	record, baseline := normals(random, 18), [][]float64{normals(random, 18)}
	values := func(seed uint64) [][]float64 {
		e, _ := explain(t, shap.Options{Samples: 300, Seed: seed}, record, baseline, f)
		return e.Values
	}
	first, again, other := values(1), values(1), values(2)
	if !slices.EqualFunc(first, again, slices.Equal) {
		t.Error("the same seed gives other values")
	}
	if slices.EqualFunc(first, other, slices.Equal) {
		t.Error("another seed gives the same values, so that nothing was drawn")
	}
}

// TestSamples is the table of Explain-1.
func TestSamples(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ requested, players, want int }{
		{0, 1, 0}, {0, 2, 2}, {0, 10, 1022}, {0, 20, 2088}, {100, 10, 100}, {5000, 10, 1022}, {0, 70, 2188}, {9, 2, 2},
	} {
		if got := shap.Samples(c.requested, c.players); got != c.want {
			t.Errorf("Samples(%d, %d) = %d, want %d", c.requested, c.players, got, c.want)
		}
		if c.players > mostBegun {
			continue
		}
		varies := slices.Repeat([]bool{true}, c.players)
		r, err := shap.Begin(shap.Options{Samples: c.requested}, varies, 3)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Len(); got != 3*(c.want+1) {
			t.Errorf("%d queries for %d features, want 3 × (%d + 1)", got, c.players, c.want)
		}
	}
}

// mostBegun bounds the features of TestSamples that are really begun.
const mostBegun = 30

// TestRefusals: answers that cannot be explained, and what cannot be begun.
func TestRefusals(t *testing.T) {
	t.Parallel()
	begin := func(o shap.Options) *shap.Run {
		r, err := shap.Begin(o, []bool{true, true}, 1)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if _, err := shap.Begin(shap.Options{}, make([]bool, 2), 0); err == nil {
		t.Error("a baseline without rows is taken")
	}
	if _, err := shap.Begin(shap.Options{}, slices.Repeat([]bool{true}, shap.MaxPlayers+1), 1); err == nil {
		t.Error("too many features are taken")
	}
	for _, y := range []float64{math.NaN(), math.Inf(1)} {
		if err := begin(shap.Options{}).Answer(0, []float64{y}); err == nil {
			t.Errorf("%v is taken as an answer", y)
		}
	}
	r := begin(shap.Options{})
	if err := r.Answer(0, []float64{1}); err != nil {
		t.Fatal(err)
	}
	if r.Answer(0, []float64{1}) == nil {
		t.Error("a query is answered twice")
	}
	if _, err := r.Finish([]float64{1}); err == nil {
		t.Error("it is finished before all queries are answered")
	}
	logit := begin(shap.Options{Logit: true})
	for i := range logit.Len() {
		if err := logit.Answer(i, []float64{1.5}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := logit.Finish([]float64{0.5}); err == nil {
		t.Error("1.5 is taken as a probability")
	}
	for i := range r.Len() - 1 {
		if err := r.Answer(1+i, []float64{1}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Finish([]float64{1, 2}); err == nil {
		t.Error("another number of outputs is taken")
	}
}

// TestNothingVaries: a record that is the baseline has values of 0, and asks nothing.
func TestNothingVaries(t *testing.T) {
	t.Parallel()
	r, err := shap.Begin(shap.Options{}, make([]bool, 4), 2)
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.Finish([]float64{0.3})
	if err != nil || r.Len() != 0 {
		t.Fatal(err, r.Len())
	}
	if want := make([]float64, 1); len(e.Values) != 4 || !slices.Equal(e.Values[3], want) || e.Base[0] != 0.3 {
		t.Errorf("%+v", e)
	}
}

// TestCertainty: probabilities of 0 and 1 have finite log-odds.
func TestCertainty(t *testing.T) {
	t.Parallel()
	f := func(x []float64) []float64 { return []float64{x[0]} }
	e, _ := explain(t, shap.Options{Logit: true}, []float64{1, 1}, [][]float64{{0, 0}}, f)
	if v := e.Values[0][0]; math.IsInf(v, 0) || v < 60 || e.Values[1][0] != 0 {
		t.Errorf("%v", e.Values)
	}
}
