package monitoring

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeAlarmsForMetric lists the alarms over one metric; Dimensions must be all
// of the metric's.
func (s *Service) DescribeAlarmsForMetric(ctx context.Context, in *api.DescribeAlarmsForMetricInput) (*api.DescribeAlarmsForMetricOutput, error) {
	dims, err := readDimensions("Dimensions", in.Dimensions)
	if err != nil {
		return nil, err
	}
	scope, wanted := aws.ScopeFrom(ctx), identity{aws.Val(in.Namespace), aws.Val(in.MetricName), dims}.digest()
	if err := s.refreshScope(ctx, scope, nil); err != nil {
		return nil, err
	}
	out := &api.DescribeAlarmsForMetricOutput{MetricAlarms: []*api.MetricAlarm{}}
	return out, s.db.View(ctx, func(tx *store.Tx) error {
		rows, err := alarms.List(tx, scope, store.Query{SortBy: store.ByName})
		if err != nil {
			return err
		}
		for _, r := range rows {
			c := &r.Body.Config
			if len(c.Metrics) > 0 {
				continue
			}
			dims, err := readDimensions("Dimensions", c.Dimensions)
			if err != nil {
				return err
			}
			if (identity{aws.Val(c.Namespace), aws.Val(c.MetricName), dims}).digest() != wanted ||
				in.Statistic != "" && in.Statistic != c.Statistic ||
				in.ExtendedStatistic != nil && *in.ExtendedStatistic != aws.Val(c.ExtendedStatistic) ||
				in.Period != nil && *in.Period != aws.Val(c.Period) ||
				in.Unit != "" && in.Unit != c.Unit {
				continue
			}
			out.MetricAlarms = append(out.MetricAlarms, describeAlarm(r))
		}
		return nil
	})
}
