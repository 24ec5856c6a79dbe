package app

import (
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/companion/monitoring"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/replica"
)

// Host-9: what a variant did under CloudWatch's names and units; each request counts.
func TestEndpointData(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	type set = monitoring.StatisticSet
	of := func(n, sum, low, high float64) set { return set{SampleCount: n, Sum: sum, Minimum: low, Maximum: high} }
	for what, c := range map[string]struct {
		did  proxy.Measured
		want map[string]set
	}{
		"some fail": {
			proxy.Measured{Invocations: 4, Errors4XX: 1, ModelErrors: 1, Instances: 2, ModelLatency: proxy.Histogram{Count: 3, Sum: 30, Min: 5, Max: 15}},
			map[string]set{
				"Invocations": of(4, 4, 1, 1), "InvocationsPerInstance": of(4, 2, 0.5, 0.5), "Invocation4XXErrors": of(4, 1, 0, 1),
				"Invocation5XXErrors": of(4, 0, 0, 0), "InvocationModelErrors": of(4, 1, 0, 1), "ModelLatency": of(3, 30, 5, 15),
			},
		},
		"all fail, on an endpoint that is gone": {
			proxy.Measured{Invocations: 2, Errors5XX: 2, ModelErrors: 2},
			map[string]set{
				"Invocations": of(2, 2, 1, 1), "InvocationsPerInstance": of(2, 2, 1, 1), "Invocation4XXErrors": of(2, 0, 0, 0),
				"Invocation5XXErrors": of(2, 2, 1, 1), "InvocationModelErrors": of(2, 2, 1, 1),
			},
		},
		"ends of requests that began earlier": {
			proxy.Measured{ModelErrors: 1, Instances: 1, OverheadLatency: proxy.Histogram{Count: 1, Sum: 7, Min: 7, Max: 7}},
			map[string]set{"InvocationModelErrors": of(1, 1, 1, 1), "OverheadLatency": of(1, 7, 7, 7)},
		},
		"copies only": {proxy.Measured{Copies: 3, Instances: 1}, map[string]set{}},
	} {
		data := endpointData("e", "v", at, c.did)
		if len(data) != len(c.want) {
			t.Errorf("%s: %d metrics, want %d", what, len(data), len(c.want))
		}
		for _, d := range data {
			if *d.Set != c.want[d.Name] {
				t.Errorf("%s: %s is %+v, want %+v", what, d.Name, *d.Set, c.want[d.Name])
			}
			unit := "None"
			if d.Name == "ModelLatency" || d.Name == "OverheadLatency" {
				unit = "Microseconds"
			}
			if d.Unit != unit || !d.Time.Equal(at) || !d.HighResolution || len(d.Dimensions) != 2 || d.Dimensions[0].Value != "e" || d.Dimensions[1].Value != "v" {
				t.Errorf("%s: %+v", what, d)
			}
		}
	}
}

// Host-9: what instances used is a sample each; memory that nobody knows is left out.
func TestUsageData(t *testing.T) {
	t.Parallel()
	data := usageData("e", "v", time.Unix(1_800_000_000, 0), []replica.Utilization{{CPU: 150, Memory: 25}, {CPU: 50, Memory: -1}, {CPU: 10, Memory: 35}})
	want := map[string]monitoring.StatisticSet{
		"CPUUtilization":    {SampleCount: 3, Sum: 210, Minimum: 10, Maximum: 150},
		"MemoryUtilization": {SampleCount: 2, Sum: 60, Minimum: 25, Maximum: 35},
	}
	for _, d := range data {
		if *d.Set != want[d.Name] || d.Unit != "Percent" || d.Dimensions[1].Value != "v" {
			t.Errorf("%+v", d)
		}
		delete(want, d.Name)
	}
	if len(want) != 0 || len(usageData("e", "v", time.Time{}, []replica.Utilization{{CPU: 1, Memory: -1}})) != 1 {
		t.Errorf("left %v", want)
	}
}
