package proxy

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/quick"
	"time"
)

// Variant-1: of the line from 0 to 1 each variant has exactly the piece that its
// weight is of all weights, in the order of the variants.
func TestByWeight(t *testing.T) {
	t.Parallel()
	law := func(raw []uint16, point uint32) bool {
		u := float64(point) / (1 << 32)
		var list []*Variant
		sum := 0.0
		for i, w := range raw {
			weight := float64(w % 8) // whole, so that sums are exact, and often 0
			list = append(list, &Variant{Name: fmt.Sprint(i), Weight: weight})
			sum += weight
		}
		got := byWeight(list, sum, u)
		if sum == 0 {
			return got == nil
		}
		begin := 0.0
		for _, v := range list {
			end := begin + v.Weight
			if u*sum >= begin && u*sum < end {
				return got == v
			}
			begin = end
		}
		return false
	}
	if err := quick.Check(law, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
	a, b, none := &Variant{Name: "a", Weight: 0.1}, &Variant{Name: "b", Weight: 0.2}, &Variant{Name: "none"}
	// What rounding leaves over belongs to the last that has a weight.
	if got := byWeight([]*Variant{a, b, none}, 0.1+0.2, math.Nextafter(1, 0)); got != b {
		t.Errorf("%+v", got)
	}
	if got := byWeight([]*Variant{none, a}, 0.1, 0); got != a {
		t.Errorf("%+v", got)
	}
	if got := byWeight(nil, 0, 0.5); got != nil {
		t.Errorf("%+v", got)
	}
}

// Variant-1: an instance that is chosen was not tried before and has room; one that
// is avoided is chosen only where no other has room; the least loaded comes first
// where the routing says so. The load grows by that one request.
func TestEnter(t *testing.T) {
	t.Parallel()
	far := time.Now().Add(time.Hour)
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		const limit = 4
		v := &Variant{Routing: []Routing{"", Random, LeastOutstanding}[r.IntN(3)]}
		var tried []*Instance
		type state struct {
			load    int64
			avoided bool
		}
		before := map[*Instance]state{}
		for n := range r.IntN(5) {
			i := NewInstance(fmt.Sprint(n), "")
			s := state{int64(r.IntN(limit + 1)), r.IntN(3) == 0}
			i.outstanding.Store(s.load)
			if s.avoided {
				i.avoid(far)
			}
			before[i] = s
			v.Instances = append(v.Instances, i)
			if r.IntN(4) == 0 {
				tried = append(tried, i)
			}
		}
		may := func(avoided bool) (out []*Instance) {
			for _, i := range v.Instances {
				if s := before[i]; s.avoided == avoided && s.load < limit && !slices.Contains(tried, i) {
					out = append(out, i)
				}
			}
			return out
		}
		allowed := may(false)
		if len(allowed) == 0 {
			allowed = may(true)
		}
		got, full := v.enter(tried, limit, r.Uint32())
		if len(allowed) == 0 {
			left := slices.ContainsFunc(v.Instances, func(i *Instance) bool { return !slices.Contains(tried, i) })
			if got != nil || full != left {
				t.Fatalf("seed %d: %v, full %t, where none has room", seed, got, full)
			}
			continue
		}
		if got == nil || full || !slices.Contains(allowed, got) {
			t.Fatalf("seed %d: %v, full %t", seed, got, full)
		}
		if v.Routing == LeastOutstanding {
			for _, i := range allowed {
				if before[i].load < before[got].load {
					t.Fatalf("seed %d: %d outstanding, where one has %d", seed, before[got].load, before[i].load)
				}
			}
		}
		for i, s := range before {
			want := s.load
			if i == got {
				want++
			}
			if i.outstanding.Load() != want {
				t.Fatalf("seed %d: %d outstanding, want %d", seed, i.outstanding.Load(), want)
			}
		}
	}
}

// Every instance is chosen at times, without anybody to say so.
func TestRandomSpreads(t *testing.T) {
	t.Parallel()
	v := &Variant{Instances: []*Instance{NewInstance("0", ""), NewInstance("1", ""), NewInstance("2", "")}}
	for from := range uint32(9) {
		if _, full := v.enter(nil, 3, from); full {
			t.Fatal("full")
		}
	}
	for _, i := range v.Instances {
		if i.Outstanding() != 3 {
			t.Errorf("%s has %d of 9", i.ID, i.Outstanding())
		}
	}
}

// Variant-1, Deploy-1: while an update moves traffic, a name may stand for an old and
// a new variant, which share its requests as they share all; one without traffic gets
// none of them.
func TestNamedTwice(t *testing.T) {
	t.Parallel()
	old, fresh, other := &Variant{Name: "a", Weight: 0.9}, &Variant{Name: "a", Weight: 0.1}, &Variant{Name: "b", Weight: 0}
	e := &Endpoint{Production: []*Variant{old, other, fresh}}
	for u, want := range map[float64]*Variant{0: old, 0.89: old, 0.91: fresh, 0.999: fresh} {
		if got := e.named("a", u); got != want {
			t.Errorf("%v: %+v", u, got)
		}
	}
	if e.named("b", 0.5) != other || e.named("c", 0.5) != nil {
		t.Error("a name that is there once, or not at all")
	}
	old.Weight = 0
	if got := e.named("a", 0); got != fresh {
		t.Errorf("%+v", got)
	}
}
