package app

import (
	"context"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/companion/monitoring"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/replica"
)

// The namespaces of what endpoints do, and of what that takes (Host-9).
const (
	endpointMetrics = "AWS/SageMaker"
	endpointUsage   = "/aws/sagemaker/Endpoints"
)

// publishMeasures hands what endpoints do to CloudWatch's companion, until ctx ends
// and for a last time then. It does so at whole intervals, under the beginning of the
// interval that is over, so that each belongs to one period of those who read it.
func (a *App) publishMeasures(ctx context.Context) {
	every := 10 * time.Second
	if p := a.config.AutoscalingPeriod; p > 0 {
		every = min(every, p)
	}
	for ctx.Err() == nil {
		now := a.config.Now()
		next := now.Truncate(every).Add(every)
		timer := time.NewTimer(next.Sub(now))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		a.publishOnce(context.WithoutCancel(ctx), next.Add(-every))
	}
}

// publishOnce publishes what was measured since the last time.
func (a *App) publishOnce(ctx context.Context, at time.Time) {
	found := map[aws.Scope][]monitoring.Datum{}
	a.invocations.Table().Collect(func(k proxy.Key, variant string, m proxy.Measured) {
		found[k.Scope] = append(found[k.Scope], endpointData(k.Name, variant, at, m)...)
	})
	used := map[aws.Scope][]monitoring.Datum{}
	a.hosted.Utilization(func(k proxy.Key, variant string, all []replica.Utilization) {
		used[k.Scope] = append(used[k.Scope], usageData(k.Name, variant, at, all)...)
	})
	for namespace, of := range map[string]map[aws.Scope][]monitoring.Datum{endpointMetrics: found, endpointUsage: used} {
		for scope, data := range of {
			if err := a.cloudwatch.Publish(ctx, scope, namespace, data); err != nil {
				a.config.Logger.Warn("metrics of endpoints were lost", "account", scope.Account, "region", scope.Region, "error", err)
			}
		}
	}
}

// usageData is what the instances of a variant used, a sample an instance and look.
func usageData(endpoint, variant string, at time.Time, used []replica.Utilization) (data []monitoring.Datum) {
	dimensions := []monitoring.Dimension{{Name: "EndpointName", Value: endpoint}, {Name: "VariantName", Value: variant}}
	for name, of := range map[string]func(replica.Utilization) float64{
		"CPUUtilization":    func(u replica.Utilization) float64 { return u.CPU },
		"MemoryUtilization": func(u replica.Utilization) float64 { return u.Memory },
	} {
		var set monitoring.StatisticSet
		for _, u := range used {
			v := of(u)
			if v < 0 { // not known
				continue
			}
			if set.SampleCount == 0 {
				set.Minimum, set.Maximum = v, v
			}
			set.SampleCount, set.Sum = set.SampleCount+1, set.Sum+v
			set.Minimum, set.Maximum = min(set.Minimum, v), max(set.Maximum, v)
		}
		if set.SampleCount > 0 {
			data = append(data, monitoring.Datum{Name: name, Unit: "Percent", Dimensions: dimensions, Time: at, HighResolution: true, Set: &set})
		}
	}
	return data
}

// endpointData is what a variant did, as CloudWatch has it: each request counts, so
// that the sum of Invocations is their number and the mean of an error its share.
func endpointData(endpoint, variant string, at time.Time, m proxy.Measured) []monitoring.Datum {
	dimensions := []monitoring.Dimension{{Name: "EndpointName", Value: endpoint}, {Name: "VariantName", Value: variant}}
	var data []monitoring.Datum
	add := func(name, unit string, set monitoring.StatisticSet) {
		if set.SampleCount > 0 {
			data = append(data, monitoring.Datum{Name: name, Unit: unit, Dimensions: dimensions, Time: at, HighResolution: true, Set: &set})
		}
	}
	n := float64(m.Invocations)
	ones := func(count int64) monitoring.StatisticSet {
		c := float64(count)
		set := monitoring.StatisticSet{SampleCount: n, Sum: c, Minimum: 0, Maximum: min(c, 1)}
		if c > 0 && c >= n { // all of them; some may have begun in an earlier interval
			set.SampleCount, set.Minimum = c, 1
		}
		return set
	}
	add("Invocations", "None", monitoring.StatisticSet{SampleCount: n, Sum: n, Minimum: 1, Maximum: 1})
	if share := 1 / float64(max(1, m.Instances)); n > 0 {
		add("InvocationsPerInstance", "None", monitoring.StatisticSet{SampleCount: n, Sum: n * share, Minimum: share, Maximum: share})
	}
	add("Invocation4XXErrors", "None", ones(m.Errors4XX))
	add("Invocation5XXErrors", "None", ones(m.Errors5XX))
	add("InvocationModelErrors", "None", ones(m.ModelErrors))
	for name, h := range map[string]proxy.Histogram{"ModelLatency": m.ModelLatency, "OverheadLatency": m.OverheadLatency} {
		add(name, "Microseconds", monitoring.StatisticSet{SampleCount: float64(h.Count), Sum: float64(h.Sum), Minimum: float64(h.Min), Maximum: float64(h.Max)})
	}
	return data
}
