package experiment

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/algo/summary"
	api "github.com/sagebrush/sagebrush/api/sagemakermetrics"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// maxValues is how many values one query answers at most; the result is
// Truncated then.
const maxValues = 10_000

// BatchGetMetrics answers the values that were reported for metrics, one for each
// step or each period of time: of components, by their ARN, and of training jobs,
// by theirs. What is wrong with a query is answered for it alone. Times are
// seconds since 1970.
func (s *Service) BatchGetMetrics(ctx context.Context, in *api.BatchGetMetricsInput) (*api.BatchGetMetricsOutput, error) {
	out := &api.BatchGetMetricsOutput{}
	err := s.DB.View(ctx, func(tx *store.Tx) error {
		out.MetricQueryResults = nil
		for _, q := range in.MetricQueries {
			r := &api.MetricQueryResult{Status: api.MetricQueryResultStatusComplete, XAxisValues: []int64{}, MetricValues: []float64{}}
			err := s.answer(tx, aws.ScopeFrom(ctx), q, r)
			if code := aws.CodeOf(err); err != nil && code != aws.InternalFailure {
				r.Status, r.Message = api.MetricQueryResultStatusValidationError, aws.Ptr(err.Error())
			} else if err != nil {
				return err
			}
			out.MetricQueryResults = append(out.MetricQueryResults, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// answer fills in the result of one query.
func (s *Service) answer(tx *store.Tx, scope aws.Scope, q *api.MetricQuery, r *api.MetricQueryResult) error {
	axis, err := axisOf(q)
	if err != nil {
		return err
	}
	arn := *q.ResourceArn
	if a, ok := aws.ParseARN(arn); ok && strings.HasPrefix(a.Resource, "training-job/") {
		a.Resource = components.Kind() + "/" + strings.TrimPrefix(a.Resource, "training-job/") + componentSuffix
		arn = a.String()
	}
	c, err := components.Find(tx, scope, arn)
	if err != nil {
		return err
	}
	list, err := loadMetrics(tx, c)
	if err != nil {
		return err
	}
	buckets := map[int64]*summary.Summary{}
	for _, m := range list {
		if m.name != *q.MetricName {
			continue
		}
		if err := axis.read(tx, m, buckets); err != nil {
			return err
		}
	}
	if err := s.readJob(tx, c, *q.MetricName, axis, buckets); err != nil {
		return err
	}
	for _, x := range slices.Sorted(maps.Keys(buckets)) {
		if len(r.XAxisValues) == maxValues {
			r.Status = api.MetricQueryResultStatusTruncated
			break
		}
		r.XAxisValues = append(r.XAxisValues, x)
		r.MetricValues = append(r.MetricValues, statistic(buckets[x], q.MetricStat))
	}
	return nil
}

// readJob puts what the log of a component's job said into buckets: CloudWatch
// has it, by time alone.
func (s *Service) readJob(tx *store.Tx, c *componentRow, name string, a axis, buckets map[int64]*summary.Summary) error {
	job, isJob := jobOf(c)
	if !isJob || a.period == 0 || s.JobPoints == nil {
		return nil
	}
	from, to := a.times()
	fill := filler{buckets: buckets}
	return s.JobPoints.EachTrainingMetric(tx, c.Scope, job, name, store.FromMicros(from), store.FromMicros(to), func(at time.Time, value float64) bool {
		return fill.add(a.place(at), value, at)
	})
}

// statistic is what a query asks of the values at one place.
func statistic(s *summary.Summary, stat api.MetricStatistic) float64 {
	switch stat {
	case api.MetricStatisticMin:
		return s.Min
	case api.MetricStatisticMax:
		return s.Max
	case api.MetricStatisticCount:
		return float64(s.Count)
	case api.MetricStatisticStdDev:
		return s.StdDev()
	case api.MetricStatisticLast:
		return s.Last
	}
	return s.Mean
}
