package inferencecomponent

import (
	"math/rand/v2"
	"testing"
)

// A copy is put where it fits, whenever it fits anywhere, and where the least is
// left: no instance ever holds more than it has.
func TestPlaceLaws(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	some := func(n int64) Resources {
		return Resources{random.Int64N(n), random.Int64N(n) / 4, random.Int64N(n)}
	}
	for range 2000 {
		free := make([]Resources, random.IntN(6))
		for i := range free {
			free[i] = some(100)
		}
		for range 10 {
			need := some(40)
			at := place(free, need)
			for i, r := range free {
				switch fits := r.holds(need); {
				case at < 0 && fits:
					t.Fatalf("%v fits into %v, and is put nowhere", need, r)
				case at >= 0 && fits && share(need, r) > share(need, free[at]):
					t.Fatalf("%v is put into %v, and fits tighter into %v (%d)", need, free[at], r, i)
				}
			}
			if at < 0 {
				continue
			}
			if free[at] = free[at].minus(need); free[at].MilliCPUs < 0 || free[at].MilliDevices < 0 || free[at].MemoryMB < 0 {
				t.Fatalf("%v has less than nothing left", free[at])
			}
		}
	}
}

// What is missing is said in the units that the request has.
func TestShortage(t *testing.T) {
	t.Parallel()
	whole := Resources{2000, 0, 8192}
	for want, c := range map[string]struct {
		need Resources
		free []Resources
	}{
		"The variant has no instances for a copy of the model, which needs 1 CPU cores, 512 MB of memory.": {Resources{1000, 0, 512}, nil},
		"A copy of the model needs 1 accelerator devices, 512 MB of memory, and an instance (ml.m5.large) has 2 CPU cores, 8192 MB of memory: take a larger instance type, or ask for less.": {
			Resources{0, 1000, 512}, []Resources{whole}},
		"There is not enough room on the 2 instances of the variant (ml.m5.large) for another copy of the model, which needs 1.5 CPU cores, 512 MB of memory; the emptiest has 1.25 CPU cores, 7000 MB of memory left. Add instances, or take copies away.": {
			Resources{1500, 0, 512}, []Resources{{1000, 0, 8000}, {1250, 0, 7000}}},
	} {
		if got := shortage(c.need, rooms{"ml.m5.large", whole, c.free}); got != want {
			t.Errorf("%q\nwant %q", got, want)
		}
	}
}
