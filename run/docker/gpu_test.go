package docker

import (
	"slices"
	"testing"

	"github.com/sagebrush/sagebrush/run"
)

// A container asks the engine for its own GPUs by number, and for none otherwise.
// That the engine gives them takes a machine with NVIDIA's runtime.
func TestGPUs(t *testing.T) {
	t.Parallel()
	r := &Runner{}
	if got := r.resources(run.Limits{GPUs: []int{}}).DeviceRequests; got != nil {
		t.Errorf("without GPUs: %+v", got)
	}
	got := r.resources(run.Limits{GPUs: []int{1, 3}}).DeviceRequests
	if len(got) != 1 || got[0].Driver != "nvidia" || !slices.Equal(got[0].DeviceIDs, []string{"1", "3"}) || got[0].Capabilities[0][0] != "gpu" {
		t.Errorf("GPUs 1 and 3: %+v", got)
	}
}
