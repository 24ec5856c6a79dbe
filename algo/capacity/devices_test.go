package capacity_test

import (
	"fmt"
	"testing"

	"github.com/sagebrush/sagebrush/algo/capacity"
)

// A GPU is one job's at a time; the hosts of a job beyond the machine share.
func TestDevices(t *testing.T) {
	t.Parallel()
	m := capacity.Machine{GPUs: 4}
	for _, c := range []struct {
		taken, perHost []int
		want           string
	}{
		{nil, []int{1}, "[[0]]"},
		{[]int{0, 2}, []int{1, 1}, "[[1] [3]]"},
		{[]int{1}, []int{2, 0, 1}, "[[0 2] [] [3]]"},
		{nil, []int{4, 4}, "[[0 1 2 3] [0 1 2 3]]"},
		{nil, []int{3, 3}, "[[0 1 2] [3 0 1]]"},
		{[]int{0, 1, 2, 3}, []int{0}, "[[]]"},
	} {
		if got := fmt.Sprint(m.Devices(c.taken, c.perHost)); got != c.want {
			t.Errorf("%v of a machine with %v taken: %s, want %s", c.perHost, c.taken, got, c.want)
		}
	}
	if got := (capacity.Machine{}).Devices(nil, []int{1}); got != nil {
		t.Errorf("a machine without GPUs gives %v", got)
	}
}
