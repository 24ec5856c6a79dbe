package proxy

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Every duration is in a bucket that holds it, and quantiles are at most a quarter
// above the true ones (Host-9).
func TestHistogram(t *testing.T) {
	t.Parallel()
	for us := int64(0); us < 1<<20; us++ {
		i := bucketOf(us)
		if us >= bound(i) || i > 0 && us < bound(i-1) {
			t.Fatalf("%d µs are in bucket %d, which ends at %d", us, i, bound(i))
		}
	}
	if bucketOf(1<<62) != buckets-1 {
		t.Error("a duration beyond all buckets is in none")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	m := newMeasures()
	var all []int64
	var sum int64
	for range 10_000 {
		us := int64(rng.ExpFloat64() * 3000)
		all, sum = append(all, us), sum+us
		m.model.add(time.Duration(us) * time.Microsecond)
	}
	slices.Sort(all)
	h := m.model.collect()
	if h.Count != 10_000 || h.Sum != sum || h.Min != all[0] || h.Max != all[len(all)-1] {
		t.Errorf("%d, %d, %d, %d", h.Count, h.Sum, h.Min, h.Max)
	}
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 1} {
		want := all[int(q*10_000)-1]
		if got := h.Quantile(q); got < want || float64(got) > 1.25*float64(want)+1 {
			t.Errorf("quantile %v: %d, want %d", q, got, want)
		}
	}
	if h = m.model.collect(); h != (Histogram{}) || h.Quantile(0.5) != 0 {
		t.Errorf("collected twice: %d", h.Count)
	}
}
