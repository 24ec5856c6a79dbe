package proxy

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// buckets of a Histogram: four to each power of two of microseconds, up to
// half a day.
const buckets = 4 * 36

// measures are the counters of a variant since they were last collected.
type measures struct {
	invocations, errors4xx, errors5xx, modelErrors, throttled, copies atomic.Int64
	model, overhead                                                   spread
}

// spread counts durations.
type spread struct {
	sum, min, max atomic.Int64 // microseconds
	counts        [buckets]atomic.Int64
}

type measureKey struct {
	Key
	variant string
}

func newMeasures() *measures {
	m := &measures{}
	m.model.min.Store(math.MaxInt64)
	m.overhead.min.Store(math.MaxInt64)
	return m
}

// Measured is what a variant did since it was last asked (Host-9).
type Measured struct {
	// Invocations are requests that were for the variant, Errors4XX and Errors5XX
	// those that the container answered so, ModelErrors all that ended without an
	// answer of 2XX, Throttled those that found all instances full.
	Invocations, Errors4XX, Errors5XX, ModelErrors, Throttled int64
	// Copies are the requests that a shadow variant got.
	Copies int64
	// Instances are those that the variant has now, 0 when it is gone.
	Instances int
	// ModelLatency is the time that containers took, OverheadLatency the rest of
	// the time from the request's head to the end of the answer.
	ModelLatency, OverheadLatency Histogram
}

// Histogram is a distribution of durations in microseconds.
type Histogram struct {
	Count, Sum, Min, Max int64
	// counts is by bucket.
	counts [buckets]int64
}

// add counts a duration.
func (s *spread) add(d time.Duration) {
	us := max(0, d.Microseconds())
	s.counts[bucketOf(us)].Add(1)
	s.sum.Add(us)
	for old := s.min.Load(); us < old && !s.min.CompareAndSwap(old, us); old = s.min.Load() {
	}
	for old := s.max.Load(); us > old && !s.max.CompareAndSwap(old, us); old = s.max.Load() {
	}
}

func (s *spread) collect() (h Histogram) {
	for i := range s.counts {
		if s.counts[i].Load() == 0 {
			continue
		}
		h.counts[i] = s.counts[i].Swap(0)
		h.Count += h.counts[i]
	}
	h.Sum, h.Min, h.Max = s.sum.Swap(0), s.min.Swap(math.MaxInt64), s.max.Swap(0)
	if h.Count == 0 {
		h.Min = 0
	}
	return h
}

// bucketOf is the bucket of a number of microseconds.
func bucketOf(us int64) int {
	if us < 4 {
		return int(us)
	}
	power := bits.Len64(uint64(us)) - 1 // at least 2
	return min(buckets-1, 4*(power-1)+int(us>>(power-2))&3)
}

// bound is the least number of microseconds that is above bucket i.
func bound(i int) int64 {
	if i < 4 {
		return int64(i) + 1
	}
	power := i/4 + 1
	return int64(4+i%4+1) << (power - 2)
}

// Quantile is the value below which the share q of the durations lie, at most a
// quarter above the true one.
func (h *Histogram) Quantile(q float64) int64 {
	want := int64(math.Ceil(q * float64(h.Count)))
	for i, n := range h.counts {
		if want -= n; want <= 0 && n > 0 {
			return min(bound(i)-1, h.Max)
		}
	}
	return h.Max
}

// Collect hands the measures of each variant that did something to f, and begins
// again at nothing.
func (t *Table) Collect(f func(k Key, variant string, m Measured)) {
	t.mu.Lock()
	all := make(map[measureKey]*measures, len(t.measured))
	for k, m := range t.measured {
		all[k] = m
		if t.find(k.Key) == nil {
			delete(t.measured, k)
		}
	}
	t.mu.Unlock()
	for k, m := range all {
		got := Measured{Invocations: m.invocations.Swap(0), Errors4XX: m.errors4xx.Swap(0), Errors5XX: m.errors5xx.Swap(0),
			ModelErrors: m.modelErrors.Swap(0), Throttled: m.throttled.Swap(0), Copies: m.copies.Swap(0),
			ModelLatency: m.model.collect(), OverheadLatency: m.overhead.collect()}
		if got != (Measured{}) { // also what ended now of requests that were counted before
			got.Instances = t.find(k.Key).count(k.variant)
			f(k.Key, k.variant, got)
		}
	}
}

// count is how many instances a variant has; e may be nil.
func (e *Endpoint) count(variant string) int {
	if e == nil {
		return 0
	}
	for _, list := range [][]*Variant{e.Production, e.Shadow} {
		for _, v := range list {
			if v.Name == variant {
				return len(v.Instances)
			}
		}
	}
	return 0
}

// answered counts the status of an answer.
func (m *measures) answered(status int) {
	switch {
	case status >= 200 && status < 300:
		return
	case status >= 400 && status < 500:
		m.errors4xx.Add(1)
	case status >= 500:
		m.errors5xx.Add(1)
	}
	m.modelErrors.Add(1)
}
