package summary_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/summary"
)

// Co-8: what is kept while numbers come equals what one computes of all of them,
// also where they are large and differ little.
func TestAddEqualsTheWhole(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		offset := math.Pow(10, float64(rnd.IntN(9)))
		var s summary.Summary
		var values []float64
		last, lastAt := 0.0, time.Time{}
		for range 1 + rnd.IntN(200) {
			v, at := offset+rnd.NormFloat64(), time.Unix(int64(rnd.IntN(50)), 0)
			if !at.Before(lastAt) {
				last, lastAt = v, at
			}
			values = append(values, v)
			s.Add(v, at)
		}
		low, high, sum := math.Inf(1), math.Inf(-1), 0.0
		for _, v := range values {
			low, high, sum = min(low, v), max(high, v), sum+v
		}
		mean, squares := sum/float64(len(values)), 0.0
		for _, v := range values {
			squares += (v - mean) * (v - mean)
		}
		deviation := math.Sqrt(squares / float64(len(values)))
		if s.Count != int64(len(values)) || s.Min != low || s.Max != high || s.Last != last || !s.LastAt.Equal(lastAt) ||
			math.Abs(s.Mean-mean) > 1e-9*offset || math.Abs(s.StdDev()-deviation) > 1e-6 {
			t.Fatalf("%+v (deviation %g), want min %g max %g mean %g deviation %g last %g", s, s.StdDev(), low, high, mean, deviation, last)
		}
	}
}

// No sum overflows to what JSON cannot say.
func TestFinite(t *testing.T) {
	t.Parallel()
	var s summary.Summary
	if s.StdDev() != 0 {
		t.Errorf("deviation of nothing: %g", s.StdDev())
	}
	for i := range 100 {
		s.Add(math.MaxFloat64*float64(1-2*(i%2)), time.Unix(0, 0))
		for _, x := range []float64{s.Mean, s.M2, s.StdDev(), s.Min, s.Max, s.Last} {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				t.Fatalf("after %d numbers: %+v", i+1, s)
			}
		}
	}
}

func FuzzAdd(f *testing.F) {
	f.Add(1.0, -2.0, 1e308)
	f.Fuzz(func(t *testing.T, a, b, c float64) {
		var s summary.Summary
		for _, v := range []float64{a, b, c} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return
			}
			s.Add(v, time.Time{})
		}
		if s.Min > s.Max || math.IsNaN(s.StdDev()) || math.IsInf(s.StdDev(), 0) || s.Last != c {
			t.Fatalf("%g %g %g: %+v", a, b, c, s)
		}
	})
}
