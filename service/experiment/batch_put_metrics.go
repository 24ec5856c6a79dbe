package experiment

import (
	"context"
	"math"
	"strings"
	"time"

	api "github.com/sagebrush/sagebrush/api/sagemakermetrics"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

const (
	// maxMetrics is how many metrics a component has at most.
	maxMetrics = 1000
	// oldestPoint and newestPoint bound the time of a point around the present, as
	// the SDK does before it sends one.
	oldestPoint = 14 * 24 * time.Hour
	newestPoint = 2 * time.Hour
)

// valueQuota bounds the values that are kept of one component's metrics.
var valueQuota = kit.Quota{Name: "metric-values", Default: 1_000_000}

// BatchPutMetrics reports values of metrics for a component, in any order of
// time. What is wrong with one is answered for it alone, and the others count
// (Co-8): METRIC_LIMIT_EXCEEDED says that it would be one metric, or one value,
// more than a component may have. The component's name may be in any letter case.
func (s *Service) BatchPutMetrics(ctx context.Context, in *api.BatchPutMetricsInput) (*api.BatchPutMetricsOutput, error) {
	var out *api.BatchPutMetricsOutput
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		out = &api.BatchPutMetricsOutput{}
		c, err := components.Find(tx, aws.ScopeFrom(ctx), *in.TrialComponentName)
		if err != nil {
			return err
		}
		room, err := s.room(tx, c)
		if err != nil {
			return err
		}
		var order []*metric
		byName, points := map[string]*metric{}, map[string][]point{}
		for i, d := range in.MetricData {
			code := refusal(tx.Now, d)
			if code == "" && room == 0 {
				code = api.PutMetricsErrorCodeMetricLimitExceeded
			}
			if code == "" && byName[*d.MetricName] == nil {
				m, err := loadMetric(tx, c, *d.MetricName, c.ARN)
				if err != nil {
					return err
				}
				if m.id == 0 {
					known, err := countNames(tx, c)
					if err != nil {
						return err
					}
					if known+unsaved(order) >= maxMetrics {
						code = api.PutMetricsErrorCodeMetricLimitExceeded
					}
				}
				if code == "" {
					byName[m.name], order = m, append(order, m)
				}
			}
			if code != "" {
				out.Errors = append(out.Errors, &api.BatchPutMetricsError{Code: code, MetricIndex: aws.Ptr(int32(i))})
				continue
			}
			room--
			points[*d.MetricName] = append(points[*d.MetricName], point{d.Timestamp.UTC(), d.Step, *d.Value})
		}
		for _, m := range order {
			if err := m.add(tx, c, points[m.name]); err != nil {
				return err
			}
		}
		return changed(tx, c)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// room is how many values the component may still be given; below 0 there is no end.
func (s *Service) room(tx *store.Tx, c *componentRow) (int64, error) {
	limit := int64(s.Quotas.Limit(valueQuota))
	if limit == 0 {
		return -1, nil
	}
	kept, err := countValues(tx, c)
	return max(0, limit-kept), err
}

// refusal is what is wrong with a value by itself, "" when nothing is.
func refusal(now time.Time, d *api.RawMetricData) api.PutMetricsErrorCode {
	ago := now.Sub(*d.Timestamp)
	if math.IsNaN(*d.Value) || math.IsInf(*d.Value, 0) || ago > oldestPoint || ago < -newestPoint || strings.ContainsRune(*d.MetricName, 0) {
		return api.PutMetricsErrorCodeValidationError
	}
	return ""
}

// unsaved counts the metrics that are new in this call.
func unsaved(metrics []*metric) (n int) {
	for _, m := range metrics {
		if m.id == 0 {
			n++
		}
	}
	return n
}
