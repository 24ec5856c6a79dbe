package app

import (
	"context"
	"slices"

	monitoringapi "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/companion/autoscaling"
	"github.com/sagebrush/sagebrush/companion/monitoring"
)

// scalingAlarms are CloudWatch's alarms as scaling uses them.
type scalingAlarms struct{ alarms *monitoring.Service }

// Firing implements autoscaling.Alarms.
func (s scalingAlarms) Firing(ctx context.Context, scope aws.Scope, policyARN string) ([]autoscaling.Firing, error) {
	acting, err := s.alarms.Acting(ctx, scope, policyARN)
	var list []autoscaling.Firing
	for _, a := range acting {
		list = append(list, autoscaling.Firing(a))
	}
	return list, err
}

// Put implements autoscaling.Alarms. The alarms are AWS's, over minutes.
func (s scalingAlarms) Put(ctx context.Context, scope aws.Scope, a autoscaling.Alarm) (arn string, err error) {
	in := &monitoringapi.PutMetricAlarmInput{
		AlarmName: &a.Name, AlarmDescription: &a.Description, AlarmActions: []string{a.Action}, Threshold: &a.Threshold,
		EvaluationPeriods: aws.Ptr(int32(a.Periods)), ComparisonOperator: monitoringapi.ComparisonOperatorGreaterThanThreshold,
	}
	if a.Low {
		in.ComparisonOperator = monitoringapi.ComparisonOperatorLessThanThreshold
	}
	for _, q := range a.Queries {
		in.Metrics = append(in.Metrics, metricQuery(q, 60))
	}
	if len(in.Metrics) == 1 && in.Metrics[0].MetricStat != nil { // as AWS writes one plain metric
		m := in.Metrics[0].MetricStat
		in.Metrics, in.Namespace, in.MetricName, in.Dimensions = nil, m.Metric.Namespace, m.Metric.MetricName, m.Metric.Dimensions
		in.Period, in.Unit = m.Period, m.Unit
		if stat := monitoringapi.Statistic(*m.Stat); slices.Contains([]monitoringapi.Statistic{"Average", "Sum", "Minimum", "Maximum", "SampleCount"}, stat) {
			in.Statistic = stat
		} else {
			in.ExtendedStatistic = m.Stat
		}
	}
	ctx = as(ctx, scope)
	if _, err := s.alarms.PutMetricAlarm(ctx, in); err != nil {
		return "", err
	}
	made, err := s.alarms.DescribeAlarms(ctx, &monitoringapi.DescribeAlarmsInput{AlarmNames: []string{a.Name}})
	if err != nil {
		return "", err
	}
	for _, m := range made.MetricAlarms {
		return aws.Val(m.AlarmArn), nil
	}
	return "", aws.Invalid("The alarm %s was deleted while the policy was put.", a.Name)
}

// Delete implements autoscaling.Alarms; alarms that their owner has deleted are no error.
func (s scalingAlarms) Delete(ctx context.Context, scope aws.Scope, names []string) error {
	missing, err := s.alarms.Missing(ctx, scope, names)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(missing, n) })
	if len(names) == 0 {
		return nil
	}
	_, err = s.alarms.DeleteAlarms(as(ctx, scope), &monitoringapi.DeleteAlarmsInput{AlarmNames: names})
	return err
}
