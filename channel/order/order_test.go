package order_test

import (
	"slices"
	"testing"
	"testing/quick"

	"github.com/sagebrush/sagebrush/channel/order"
)

// The shares of all hosts together are all items, each once, in every epoch,
// shuffled or not, and no share is larger than another by more than one
// (Data-6, TrainData-8, TrainData-9, DescTJ-12).
func TestSharesPartition(t *testing.T) {
	t.Parallel()
	law := func(n uint16, hosts uint8, seed int64, shuffled bool, epoch uint8) bool {
		count, items := int(hosts)%20+1, int(n)%500
		var all []int
		for i := range count {
			share := order.Items(items, order.Share{Index: i, Count: count}, seedOf(seed, shuffled), int(epoch))
			if len(share) < items/count || len(share) > items/count+1 {
				return false
			}
			all = append(all, share...)
		}
		slices.Sort(all)
		return slices.Equal(all, numbers(items))
	}
	if err := quick.Check(law, nil); err != nil {
		t.Error(err)
	}
}

// A shuffle is a permutation, the same for the same seed and epoch (Data-7, TrainData-9, DescTJ-13).
func TestShuffleIsAPermutation(t *testing.T) {
	t.Parallel()
	law := func(n uint16, seed int64, epoch uint8) bool {
		items := int(n) % 2000
		one := order.Permutation(items, seed, int(epoch))
		if !slices.Equal(one, order.Permutation(items, seed, int(epoch))) {
			return false
		}
		slices.Sort(one)
		return slices.Equal(one, numbers(items))
	}
	if err := quick.Check(law, nil); err != nil {
		t.Error(err)
	}
}

// Epochs and seeds differ, and an item moves between hosts (TrainData-9, DescTJ-13).
func TestEpochsDiffer(t *testing.T) {
	t.Parallel()
	seed, other := int64(7), int64(8)
	share := order.Share{Index: 0, Count: 2}
	first := order.Items(100, share, &seed, 0)
	for name, again := range map[string][]int{
		"another epoch": order.Items(100, share, &seed, 1), "another seed": order.Items(100, share, &other, 0),
	} {
		if slices.Equal(first, again) {
			t.Errorf("%s has the same order", name)
		}
		slices.Sort(again)
		if sorted := slices.Sorted(slices.Values(first)); slices.Equal(sorted, again) {
			t.Errorf("in %s the host has the same items", name)
		}
	}
}

// The order is for ever: hosts that run another version must agree.
func TestOrderIsForEver(t *testing.T) {
	t.Parallel()
	if got, want := order.Permutation(8, 42, 3), []int{3, 7, 4, 5, 2, 0, 6, 1}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func seedOf(seed int64, shuffled bool) *int64 {
	if !shuffled {
		return nil
	}
	return &seed
}

func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
