package app

import (
	"context"
	"math"
	"time"
	_ "time/tzdata" // the zones of scheduled actions, also on machines without them

	autoscalingapi "github.com/sagebrush/sagebrush/api/autoscaling"
	monitoringapi "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/companion/autoscaling"
	"github.com/sagebrush/sagebrush/companion/monitoring"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/service/endpoint"
)

// openScaling makes the service that scales variants.
func (a *App) openScaling(base kit.Base, hosted *endpoint.Service, metrics *monitoring.Service) *autoscaling.Service {
	return autoscaling.New(autoscaling.Config{
		Base: base, Tasks: a.tasks, Variants: scaledVariants{hosted}, Metrics: scalingMetrics{metrics}, Alarms: scalingAlarms{metrics},
		Logger: a.config.Logger, Now: a.config.Now, Period: a.config.AutoscalingPeriod,
	})
}

// scaledVariants are the variants as scaling asks for them, by the operations that a
// client would call, as the account itself.
type scaledVariants struct{ endpoints *endpoint.Service }

func as(ctx context.Context, scope aws.Scope) context.Context {
	return aws.WithCaller(ctx, aws.Caller{Scope: scope})
}

// Variant implements autoscaling.Variants.
func (s scaledVariants) Variant(ctx context.Context, scope aws.Scope, name, variant string) (autoscaling.Variant, error) {
	e, err := s.endpoints.DescribeEndpoint(as(ctx, scope), &sagemaker.DescribeEndpointInput{EndpointName: &name})
	switch {
	case aws.CodeOf(err) == aws.ValidationException:
		return autoscaling.Variant{Gone: true}, nil // there is no such endpoint
	case err != nil:
		return autoscaling.Variant{}, err
	}
	v := autoscaling.Variant{
		Gone:   e.EndpointStatus == sagemaker.EndpointStatusDeleting || e.EndpointStatus == sagemaker.EndpointStatusInService,
		Steady: e.EndpointStatus == sagemaker.EndpointStatusInService, Async: e.AsyncInferenceConfig != nil, Reason: aws.Val(e.FailureReason),
	}
	if e.EndpointStatus == sagemaker.EndpointStatusDeleting {
		return v, nil
	}
	for _, p := range e.ProductionVariants {
		if aws.Val(p.VariantName) == variant {
			v.Gone, v.Found, v.Instances = false, true, int(aws.Val(p.DesiredInstanceCount))
			v.Serverless = p.CurrentServerlessConfig != nil || p.DesiredServerlessConfig != nil
		}
	}
	return v, nil
}

// SetInstances implements autoscaling.Variants.
func (s scaledVariants) SetInstances(ctx context.Context, scope aws.Scope, name, variant string, count int) error {
	_, err := s.endpoints.UpdateEndpointWeightsAndCapacities(as(ctx, scope), &sagemaker.UpdateEndpointWeightsAndCapacitiesInput{
		EndpointName:                &name,
		DesiredWeightsAndCapacities: []*sagemaker.DesiredWeightAndCapacity{{VariantName: &variant, DesiredInstanceCount: aws.Ptr(int32(count))}},
	})
	return err
}

// scalingMetrics are CloudWatch's metrics as scaling reads them.
type scalingMetrics struct{ metrics *monitoring.Service }

// Values implements autoscaling.Metrics.
func (m scalingMetrics) Values(ctx context.Context, scope aws.Scope, queries []*autoscalingapi.TargetTrackingMetricDataQuery, period time.Duration, end time.Time, n int) ([]float64, error) {
	start := end.Add(-time.Duration(n) * period)
	in := &monitoringapi.GetMetricDataInput{StartTime: &start, EndTime: &end}
	for _, q := range queries {
		in.MetricDataQueries = append(in.MetricDataQueries, metricQuery(q, int32(period/time.Second)))
	}
	out, err := m.metrics.GetMetricData(as(ctx, scope), in)
	if err != nil {
		return nil, err
	}
	values := make([]float64, n)
	for i := range values {
		values[i] = math.NaN()
	}
	for _, r := range out.MetricDataResults {
		for i, at := range r.Timestamps {
			if k := int(at.Sub(start) / period); !at.Before(start) && k < n {
				values[k] = r.Values[i]
			}
		}
	}
	return values, nil
}

// metricQuery is a query as CloudWatch takes it.
func metricQuery(q *autoscalingapi.TargetTrackingMetricDataQuery, seconds int32) *monitoringapi.MetricDataQuery {
	out := &monitoringapi.MetricDataQuery{Id: q.Id, Label: q.Label, Expression: q.Expression, ReturnData: q.ReturnData}
	if st := q.MetricStat; st != nil {
		out.MetricStat = &monitoringapi.MetricStat{Stat: st.Stat, Unit: monitoringapi.StandardUnit(aws.Val(st.Unit)), Period: &seconds,
			Metric: &monitoringapi.Metric{Namespace: st.Metric.Namespace, MetricName: st.Metric.MetricName}}
		for _, d := range st.Metric.Dimensions {
			out.MetricStat.Metric.Dimensions = append(out.MetricStat.Metric.Dimensions, &monitoringapi.Dimension{Name: d.Name, Value: d.Value})
		}
	}
	return out
}
