package proxy

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Host-9: a duration falls into the bucket whose bounds enclose it, and a quantile is
// never below the true one, nor more than a quarter above it.
func TestHistogram(t *testing.T) {
	t.Parallel()
	for us := int64(0); us < 1<<34; us += 1 + us/50 {
		i := bucketOf(us)
		if us >= bound(i) || i > 0 && us < bound(i-1) {
			t.Fatalf("%d µs in bucket %d, from %d to %d", us, i, bound(max(0, i-1)), bound(i))
		}
	}
	r := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		var s spread
		s.min.Store(math.MaxInt64)
		var all []int64
		var sum int64
		for range 1 + r.IntN(300) {
			us := int64(math.Exp(r.Float64() * 20))
			s.add(time.Duration(us) * time.Microsecond)
			all, sum = append(all, us), sum+us
		}
		slices.Sort(all)
		h := s.collect()
		if h.Count != int64(len(all)) || h.Sum != sum || h.Min != all[0] || h.Max != all[len(all)-1] {
			t.Fatalf("%d, %d, %d, %d", h.Count, h.Sum, h.Min, h.Max)
		}
		for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 1} {
			exact := all[int(math.Ceil(q*float64(len(all))))-1]
			if got := h.Quantile(q); got < exact || got > exact+exact/4+1 {
				t.Fatalf("quantile %v of %d: %d, exactly %d", q, len(all), got, exact)
			}
		}
		if again := s.collect(); again != (Histogram{}) {
			t.Fatalf("again %+v", again)
		}
	}
}
