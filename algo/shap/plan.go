package shap

import (
	"math"
	"math/rand/v2"
)

// tries bounds the drawing of coalitions: so many for each one that is wanted,
// because the same one may come again.
const tries = 4

// set is a coalition: bit i is whether player i is in it.
type set []uint64

func newSet(players int) set      { return make(set, (players+63)/64) }
func (s set) has(player int) bool { return s[player/64]>>(player%64)&1 != 0 }
func (s set) add(player int)      { s[player/64] |= 1 << (player % 64) }

// others is the coalition of those that are not in s.
func (s set) others(players int) set {
	o := newSet(players)
	for i := range o {
		o[i] = ^s[i]
	}
	if rest := players % 64; rest != 0 {
		o[len(o)-1] &= 1<<rest - 1
	}
	return o
}

// key is the coalition as something to compare.
func (s set) key() string {
	b := make([]byte, 0, 8*len(s))
	for _, w := range s {
		for range 8 {
			b = append(b, byte(w))
			w >>= 8
		}
	}
	return string(b)
}

// coalition is one to ask about, and how much it counts.
type coalition struct {
	members set
	weight  float64
}

// plan are the coalitions that a game is judged by, never none or all.
type plan struct {
	players    int
	coalitions []coalition
	// complete says that there are no others.
	complete bool
}

// newPlan chooses coalitions: whole sizes as long as they fit, then drawn ones.
func newPlan(players, samples int, seed uint64) *plan {
	p := &plan{players: players}
	if players < 2 {
		p.complete = true
		return p
	}
	p.coalitions = make([]coalition, 0, samples)
	share := sizeShares(players)
	whole := p.enumerate(share, samples)
	if whole == len(share) {
		p.complete = true
		return p
	}
	p.draw(share, whole, samples, rand.New(rand.NewPCG(seed, uint64(players))))
	return p
}

// sizeShares is how much coalitions of one member and of all but one count
// together, of two and of all but two, and so on, out of 1. It is the Shapley kernel
// times how many there are of the size.
func sizeShares(players int) []float64 {
	share := make([]float64, players/2)
	sum := 0.0
	for i := range share {
		size := i + 1
		share[i] = float64(players-1) / float64(size*(players-size))
		if paired(size, players) {
			share[i] *= 2
		}
		sum += share[i]
	}
	for i := range share {
		share[i] /= sum
	}
	return share
}

// paired says whether the complements of coalitions of that size have another size.
func paired(size, players int) bool { return 2*size != players }

// enumerate takes all coalitions of the first sizes, as long as the samples that
// drawing would spend on a size are as many as there are. It answers how many sizes
// it took.
func (p *plan) enumerate(share []float64, samples int) (whole int) {
	left, rest := float64(samples), 1.0
	for i, s := range share {
		size := i + 1
		each := binomial(p.players, size)
		count := each
		if paired(size, p.players) {
			count *= 2
		}
		if left*s/rest < count*(1-1e-8) {
			return i
		}
		left -= count
		rest = max(rest-s, math.SmallestNonzeroFloat64)
		p.all(size, s/count)
	}
	return len(share)
}

// all takes each coalition of a size, and its complement.
func (p *plan) all(size int, weight float64) {
	chosen := make([]int, size)
	for i := range chosen {
		chosen[i] = i
	}
	for {
		members := newSet(p.players)
		for _, i := range chosen {
			members.add(i)
		}
		p.coalitions = append(p.coalitions, coalition{members, weight})
		if paired(size, p.players) {
			p.coalitions = append(p.coalitions, coalition{members.others(p.players), weight})
		}
		at := size - 1
		for at >= 0 && chosen[at] == p.players-size+at {
			at--
		}
		if at < 0 {
			return
		}
		chosen[at]++
		for i := at + 1; i < size; i++ {
			chosen[i] = chosen[i-1] + 1
		}
	}
}

// draw takes coalitions of the sizes from whole on until there are samples, each
// with its complement: what pairs of players do together then cancels out, and the
// values of models without more than that are exact. One that comes again counts
// more.
func (p *plan) draw(share []float64, whole, samples int, random *rand.Rand) {
	fixed := len(p.coalitions)
	sizes := make([]float64, 0, len(share)-whole) // cumulated
	rest := 0.0
	for _, s := range share[whole:] {
		rest += s
		sizes = append(sizes, rest)
	}
	at := map[string]int{}
	take := func(members set) {
		key := members.key()
		if i, ok := at[key]; ok {
			p.coalitions[i].weight++
		} else if len(p.coalitions) < samples {
			at[key] = len(p.coalitions)
			p.coalitions = append(p.coalitions, coalition{members, 1})
		}
	}
	for range tries * (samples - fixed) {
		if len(p.coalitions) >= samples {
			break
		}
		u, i := random.Float64()*rest, 0
		for i < len(sizes)-1 && u >= sizes[i] {
			i++
		}
		size := whole + i + 1
		members := newSet(p.players)
		for _, player := range random.Perm(p.players)[:size] {
			members.add(player)
		}
		take(members)
		take(members.others(p.players))
	}
	drawn := 0.0
	for _, c := range p.coalitions[fixed:] {
		drawn += c.weight
	}
	for i := fixed; i < len(p.coalitions); i++ {
		p.coalitions[i].weight *= rest / drawn
	}
}

// binomial is how many ways there are to choose k of n.
func binomial(n, k int) float64 {
	b := 1.0
	for i := 1; i <= k; i++ {
		b = b * float64(n-k+i) / float64(i)
	}
	return math.Round(b)
}
