package monitoring

import (
	"context"
	"fmt"
	"strconv"
	"time"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

const (
	// metricsPage is how many metrics one answer of ListMetrics holds.
	metricsPage = 500
	// listedFor is how long after its last report a metric is listed.
	listedFor = 14 * 24 * time.Hour
	// recently is what RecentlyActive PT3H means.
	recently = 3 * time.Hour
)

// ListMetrics answers the metrics that have reports of the past two weeks, in
// the order in which they were first seen.
func (s *Service) ListMetrics(ctx context.Context, in *api.ListMetricsInput) (*api.ListMetricsOutput, error) {
	scope := aws.ScopeFrom(ctx)
	out := &api.ListMetricsOutput{Metrics: []*api.Metric{}}
	if owner := aws.Val(in.OwningAccount); owner != "" && owner != scope.Account {
		return out, nil // accounts are isolated: nothing of another is linked
	}
	if !printable(aws.Val(in.Namespace) + aws.Val(in.MetricName)) {
		return out, nil
	}
	var after int64
	if in.NextToken != nil {
		n, err := strconv.ParseInt(*in.NextToken, 36, 64)
		if err != nil || n < 0 {
			return nil, invalidValue("The value of parameter NextToken is invalid: pass the token of the previous answer.")
		}
		after = n
	}
	window := listedFor
	if in.RecentlyActive == api.RecentlyActivePt3h {
		window = recently
	}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		return eachMetric(tx, scope, in, after, tx.Now.Add(-window), func(id int64, m *api.Metric) (more bool) {
			if len(out.Metrics) == metricsPage {
				out.NextToken = aws.Ptr(strconv.FormatInt(after, 36))
				return false
			}
			after = id
			out.Metrics = append(out.Metrics, m)
			return true
		})
	})
	if aws.Val(in.IncludeLinkedAccounts) {
		for range out.Metrics {
			out.OwningAccounts = append(out.OwningAccounts, scope.Account)
		}
	}
	return out, err
}

// eachMetric calls fn with the metrics that match, in order of id, until it
// wants no more.
func eachMetric(tx *store.Tx, scope aws.Scope, in *api.ListMetricsInput, after int64, since time.Time, fn func(int64, *api.Metric) bool) (err error) {
	q := `select id, namespace, name, dimensions from monitoring_metric m
		where account = $1 and region = $2 and id > $3
		and exists (select 1 from monitoring_datum d where d.metric_id = m.id and d.at >= $4)`
	args := []any{scope.Account, scope.Region, after, store.Micros(since)}
	for _, f := range []struct{ column, value string }{{"namespace", aws.Val(in.Namespace)}, {"name", aws.Val(in.MetricName)}} {
		if f.value != "" {
			args = append(args, f.value)
			q += fmt.Sprintf(" and %s = $%d", f.column, len(args))
		}
	}
	rows, err := tx.Query(q+` order by id`, args...)
	if err != nil {
		return err
	}
	defer func() { err = closing(rows.Close, err) }()
	for rows.Next() {
		var id int64
		var namespace, name, canonical string
		if err := rows.Scan(&id, &namespace, &name, &canonical); err != nil {
			return err
		}
		dims, err := parseDimensions(canonical)
		if err != nil {
			return err
		}
		if matches(dims, in.Dimensions) && !fn(id, metricOf(identity{namespace, name, dims})) {
			return nil
		}
	}
	return rows.Err()
}

// matches says whether each filter names a dimension that is there, with the
// value if the filter has one.
func matches(dims []Dimension, filters []*api.DimensionFilter) bool {
	values := make(map[string]string, len(dims))
	for _, d := range dims {
		values[d.Name] = d.Value
	}
	for _, f := range filters {
		v, ok := values[aws.Val(f.Name)]
		if !ok || f.Value != nil && v != *f.Value {
			return false
		}
	}
	return true
}

// metricOf prints a metric.
func metricOf(m identity) *api.Metric {
	out := &api.Metric{Namespace: aws.Ptr(m.namespace), MetricName: aws.Ptr(m.name), Dimensions: []*api.Dimension{}}
	for _, d := range m.dimensions {
		out.Dimensions = append(out.Dimensions, &api.Dimension{Name: aws.Ptr(d.Name), Value: aws.Ptr(d.Value)})
	}
	return out
}

// itoa is n in decimal.
func itoa(n int64) string { return strconv.FormatInt(n, 10) }
