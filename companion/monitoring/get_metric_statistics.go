package monitoring

import (
	"context"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// maxStatistics is how many periods one call of GetMetricStatistics may span.
const maxStatistics = 1440

// GetMetricStatistics answers the statistics of one metric period by period, in
// order of time; without Unit, each unit that was reported has its own points.
func (s *Service) GetMetricStatistics(ctx context.Context, in *api.GetMetricStatisticsInput) (*api.GetMetricStatisticsOutput, error) {
	extended, err := checkStatistics(in)
	if err != nil {
		return nil, err
	}
	dims, err := readDimensions("Dimensions", in.Dimensions)
	if err != nil {
		return nil, err
	}
	m := identity{aws.Val(in.Namespace), aws.Val(in.MetricName), dims}
	out := &api.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []*api.Datapoint{}}
	scope := aws.ScopeFrom(ctx)
	return out, s.db.View(ctx, func(tx *store.Tx) error {
		w := newWindow(tx.Now, *in.StartTime, *in.EndTime, *in.Period)
		if n := w.buckets(); n > maxStatistics {
			return invalidCombination("You have requested up to %s datapoints, which exceeds the limit of %s. You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
				thousands(n), thousands(maxStatistics))
		}
		id, ok, err := find(tx, scope, m)
		if err != nil || !ok {
			return err
		}
		rows, err := reports(tx, id, w, string(in.Unit))
		if err != nil {
			return err
		}
		for _, b := range aggregate(rows, w, true, len(extended) > 0) {
			out.Datapoints = append(out.Datapoints, datapoint(b, in.Statistics, extended))
		}
		return nil
	})
}

// checkStatistics checks what the schema cannot and reads the percentiles.
func checkStatistics(in *api.GetMetricStatisticsInput) (extended []stat, err error) {
	switch {
	case in.StartTime == nil:
		return nil, missing("StartTime")
	case in.EndTime == nil:
		return nil, missing("EndTime")
	case in.Period == nil:
		return nil, missing("Period")
	case !in.StartTime.Before(*in.EndTime):
		return nil, invalidValue("The parameter StartTime must be less than the parameter EndTime.")
	case !goodPeriod(*in.Period):
		return nil, invalidValue("The value %d for parameter Period is invalid: it is 1, 5, 10, 30 or a multiple of 60 seconds.", *in.Period)
	case len(in.Statistics) > 0 && len(in.ExtendedStatistics) > 0:
		return nil, exclusive("Statistics", "ExtendedStatistics")
	case len(in.Statistics) == 0 && len(in.ExtendedStatistics) == 0:
		return nil, invalidCombination("Must specify either Statistics or ExtendedStatistics")
	}
	for _, name := range in.ExtendedStatistics {
		st, ok := parseStat(name)
		if !ok || !st.percentile {
			return nil, invalidValue("The value %s for parameter ExtendedStatistics is invalid: percentiles from p0 to p100 are supported.", name)
		}
		extended = append(extended, st)
	}
	return extended, nil
}

// datapoint prints a bucket.
func datapoint(b *bucket, names []api.Statistic, extended []stat) *api.Datapoint {
	p := &api.Datapoint{Timestamp: aws.Ptr(store.FromMicros(b.at)), Unit: api.StandardUnit(b.unit)}
	for _, name := range names {
		v, _ := stat{name: string(name)}.of(b)
		switch name {
		case api.StatisticSampleCount:
			p.SampleCount = &v
		case api.StatisticAverage:
			p.Average = &v
		case api.StatisticSum:
			p.Sum = &v
		case api.StatisticMinimum:
			p.Minimum = &v
		case api.StatisticMaximum:
			p.Maximum = &v
		}
	}
	for _, st := range extended {
		if v, ok := st.of(b); ok {
			if p.ExtendedStatistics == nil {
				p.ExtendedStatistics = make(map[string]float64)
			}
			p.ExtendedStatistics[st.name] = v
		}
	}
	return p
}

// thousands prints n with commas, as CloudWatch does in its messages.
func thousands(n int64) string {
	if n < 1000 {
		return itoa(n)
	}
	tail := itoa(n%1000 + 1000)
	return thousands(n/1000) + "," + tail[1:]
}
