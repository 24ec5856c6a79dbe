package autoscaling

import (
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/algo/scaling"
	api "github.com/sagebrush/sagebrush/api/autoscaling"
	"github.com/sagebrush/sagebrush/aws"
)

// How long target tracking looks back at most, and by how much its alarms wait.
const (
	lookback  = 15
	outPeriod = 3
)

// queries are what a target tracking policy measures; sums says that the values grow
// with the length of a period.
func (p *policy) queries() (list []*api.TargetTrackingMetricDataQuery, sums bool) {
	c := p.Target.CustomizedMetricSpecification
	if c != nil && c.Metrics != nil {
		return c.Metrics, false
	}
	q := &api.TargetTrackingMetricDataQuery{Id: aws.Ptr("m1"), MetricStat: &api.TargetTrackingMetricStat{}}
	dimension := func(name, value string) *api.TargetTrackingMetricDimension {
		return &api.TargetTrackingMetricDimension{Name: &name, Value: &value}
	}
	if c == nil {
		q.MetricStat.Stat = aws.Ptr("Sum")
		q.MetricStat.Metric = &api.TargetTrackingMetric{Namespace: aws.Ptr("AWS/SageMaker"), MetricName: aws.Ptr("InvocationsPerInstance"),
			Dimensions: []*api.TargetTrackingMetricDimension{dimension("EndpointName", p.Resource.Endpoint), dimension("VariantName", p.Resource.Variant)}}
		return []*api.TargetTrackingMetricDataQuery{q}, true
	}
	q.MetricStat.Metric = &api.TargetTrackingMetric{Namespace: c.Namespace, MetricName: c.MetricName}
	for _, d := range c.Dimensions {
		q.MetricStat.Metric.Dimensions = append(q.MetricStat.Metric.Dimensions, dimension(*d.Name, *d.Value))
	}
	q.MetricStat.Stat, q.MetricStat.Unit = aws.Ptr(string(c.Statistic)), c.Unit
	return []*api.TargetTrackingMetricDataQuery{q}, c.Statistic == api.MetricStatisticSum || c.Statistic == api.MetricStatisticSampleCount
}

// silent says that minutes in which nothing was reported were minutes in which nothing
// happened: of invocations, not of metrics that users publish.
func (p *policy) silent() bool { return p.Target.PredefinedMetricSpecification != nil }

// target is the policy as package scaling takes it.
func (s *Service) target(c *api.TargetTrackingScalingPolicyConfiguration) scaling.Target {
	return scaling.Target{Value: *c.TargetValue, OutCooldown: s.cooldown(c.ScaleOutCooldown), InCooldown: s.cooldown(c.ScaleInCooldown), DisableScaleIn: aws.Val(c.DisableScaleIn)}
}

// tracking are the alarms of a target tracking policy, named anew.
func (p *policy) tracking(arn string) []Alarm {
	queries, _ := p.queries()
	alarm := func(side string, low bool, threshold float64, periods int) Alarm {
		return Alarm{
			Name: fmt.Sprintf("TargetTracking-%s-%s-%s", p.Resource.ID, side, newID()), Action: arn,
			Description: "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy " + arn + ".",
			Queries:     queries, Low: low, Threshold: threshold, Periods: periods,
		}
	}
	list := []Alarm{alarm("AlarmHigh", false, *p.Target.TargetValue, outPeriod)}
	if !aws.Val(p.Target.DisableScaleIn) {
		list = append(list, alarm("AlarmLow", true, 0.9**p.Target.TargetValue, lookback))
	}
	return list
}

// lag is how long after its end a period is taken for complete: what happened in it
// has been published by then.
func (s *Service) lag() time.Duration { return min(s.Period, 5*time.Second) }
