package endpoint

import (
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// CreateEndpointConfig-8: the load decides how many instances a variant with
// ManagedInstanceScaling has, within its limits and while it is in service.
func TestManagedScaling(t *testing.T) {
	t.Parallel()
	long := func(v float64) []float64 {
		list := make([]float64, kept)
		for i := range list {
			list[i] = v
		}
		return list
	}
	for name, c := range map[string]struct {
		load   []float64
		count  int
		status sagemaker.ManagedInstanceScalingStatus
		want   int
	}{
		"out":      {[]float64{0, 4, 4, 4}, 2, sagemaker.ManagedInstanceScalingStatusEnabled, 4}, // ml.m5.large has 2 processors
		"at most":  {[]float64{50, 50, 50}, 2, sagemaker.ManagedInstanceScalingStatusEnabled, 5},
		"a moment": {[]float64{50, 50}, 2, sagemaker.ManagedInstanceScalingStatusEnabled, 2},
		"in":       {long(0.5), 4, sagemaker.ManagedInstanceScalingStatusEnabled, 1},
		"not yet":  {long(0.5)[1:], 4, sagemaker.ManagedInstanceScalingStatusEnabled, 4},
		"disabled": {[]float64{50, 50, 50}, 2, sagemaker.ManagedInstanceScalingStatusDisabled, 2},
	} {
		f := fleetOf(1, c.count)
		f.Config.ProductionVariants = []*sagemaker.ProductionVariant{{
			VariantName: aws.Ptr("v"), ModelName: aws.Ptr("m"), InstanceType: "ml.m5.large",
			ManagedInstanceScaling: &sagemaker.ProductionVariantManagedInstanceScaling{Status: c.status, MinInstanceCount: aws.Ptr[int32](1), MaxInstanceCount: aws.Ptr[int32](5)},
		}}
		e := &Endpoint{Status: inService, Fleet: f}
		o := all(f, healthy).outlook(0)
		o.load = func(int, string) []float64 { return c.load }
		do(t, e, o, c.want != c.count, inService)
		if v := f.Variants[0]; len(v.Replicas) != c.want || v.DesiredCount != c.want || len(e.Retiring) != max(0, c.count-c.want) {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// The load is averaged over periods, and begins anew when the number of instances
// has changed.
func TestLoad(t *testing.T) {
	t.Parallel()
	var l load
	now := time.Unix(0, 0)
	for range 20 * 5 {
		l.add(now, 2, 3)
		now = now.Add(2 * time.Second)
	}
	if len(l.periods) != kept || l.periods[0] != 1.5 || l.periods[kept-1] != 1.5 {
		t.Errorf("%v", l.periods)
	}
	l.add(now, 3, 3)
	if len(l.periods) != 0 {
		t.Errorf("%v", l.periods)
	}
}
