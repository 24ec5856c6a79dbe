// Package order decides which items of a channel a host gets in an epoch, and
// in which order (TrainData-8, -9). It is pure: hosts agree without talking to
// each other, because each computes the same permutation of all items.
package order

import "math/rand/v2"

// Share is one host among those that receive a channel.
type Share struct {
	// Index counts from 0 to Count-1. With Count 1 the host gets everything.
	Index, Count int
}

// All is the share of a host that gets everything.
func All() Share { return Share{0, 1} }

// Items are the indices, of n items, that the host gets in an epoch, in order.
// Without a seed that is every Count-th item in the order of the list, the same
// in every epoch. With one, all items are permuted first, differently in every
// epoch, so that items also move between hosts.
func Items(n int, s Share, seed *int64, epoch int) []int {
	out := make([]int, 0, (n+s.Count-1)/s.Count)
	if seed == nil {
		for i := s.Index; i < n; i += s.Count {
			out = append(out, i)
		}
		return out
	}
	all := Permutation(n, *seed, epoch)
	for i := s.Index; i < n; i += s.Count {
		out = append(out, all[i])
	}
	return out
}

// Permutation is the order of n items in an epoch. The same seed and epoch give
// the same permutation for ever.
func Permutation(n int, seed int64, epoch int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	random := rand.New(rand.NewPCG(uint64(seed), uint64(epoch)))
	for i := n - 1; i > 0; i-- {
		j := random.Uint64N(uint64(i) + 1)
		all[i], all[j] = all[j], all[i]
	}
	return all
}
