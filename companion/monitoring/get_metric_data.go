package monitoring

import (
	"context"
	"slices"
	"strconv"
	"time"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// maxDatapoints is how many points one answer of GetMetricData may hold, and
// holds unless the caller wants fewer.
const maxDatapoints = 100_800

// GetMetricData answers several metrics and expressions at once, newest point
// first unless ScanBy says otherwise, in pages of MaxDatapoints.
func (s *Service) GetMetricData(ctx context.Context, in *api.GetMetricDataInput) (*api.GetMetricDataOutput, error) {
	scope := aws.ScopeFrom(ctx)
	queries, err := readQueries(in, scope.Account)
	if err != nil {
		return nil, err
	}
	if in.StartTime == nil || in.EndTime == nil || !in.StartTime.Before(*in.EndTime) {
		return nil, invalidQuery("The parameter StartTime must be less than the parameter EndTime.")
	}
	limit := maxDatapoints
	if in.MaxDatapoints != nil {
		if limit = int(*in.MaxDatapoints); limit < 1 || limit > maxDatapoints {
			return nil, invalidQuery("The value %d for parameter MaxDatapoints is invalid: it is from 1 to %d.", limit, maxDatapoints)
		}
	}
	skip := 0
	if in.NextToken != nil {
		if skip, err = strconv.Atoi(*in.NextToken); err != nil || skip < 1 {
			return nil, aws.Errorf(aws.InvalidNextToken, "The value of parameter NextToken is invalid: pass the token of the previous answer.")
		}
	}
	e := &evaluation{scope: scope, in: in, queries: make(map[string]*query), done: make(map[string][]point), open: make(map[string]bool)}
	for _, q := range queries {
		e.queries[q.id] = q
	}
	if err := s.db.View(ctx, func(tx *store.Tx) error {
		e.tx = tx
		for _, q := range queries {
			if _, err := e.series(q.id); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return page(queries, e.done, in.ScanBy, skip, limit), nil
}

// page prints limit points after the first skip, counted over the returned
// queries in their order. A query without points is on the first page.
func page(queries []*query, done map[string][]point, by api.ScanBy, skip, limit int) *api.GetMetricDataOutput {
	out := &api.GetMetricDataOutput{MetricDataResults: []*api.MetricDataResult{}}
	first, offset := skip == 0, skip
	for _, q := range queries {
		if !q.returned {
			continue
		}
		points := slices.Clone(done[q.id])
		if by != api.ScanByTimestampAscending {
			slices.Reverse(points)
		}
		from := min(skip, len(points))
		skip -= from
		points = points[from:]
		n := min(limit, len(points))
		if n == 0 && (len(points) > 0 || !first || from > 0) {
			if len(points) > 0 {
				out.NextToken = aws.Ptr(strconv.Itoa(offset))
			}
			continue
		}
		r := &api.MetricDataResult{
			Id: aws.Ptr(q.id), Label: aws.Ptr(q.label), StatusCode: api.StatusCodeComplete,
			Timestamps: []time.Time{}, Values: []float64{},
		}
		for _, p := range points[:n] {
			r.Timestamps = append(r.Timestamps, store.FromMicros(p.at))
			r.Values = append(r.Values, p.value)
		}
		limit -= n
		offset += n
		if n < len(points) {
			r.StatusCode = api.StatusCodePartialData
			out.NextToken = aws.Ptr(strconv.Itoa(offset))
		}
		out.MetricDataResults = append(out.MetricDataResults, r)
	}
	return out
}
