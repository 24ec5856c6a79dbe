package monitoring

import (
	"fmt"
	"regexp"

	api "github.com/sagebrush/sagebrush/api/monitoring"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// query is one checked element of MetricDataQueries: a metric's statistic, or
// an expression over other queries.
type query struct {
	id, label string
	returned  bool
	metric    identity
	period    int32
	unit      string
	stat      stat
	expr      expression
}

// queryID is the form of an id, as CloudWatch prints it in its refusal.
var queryID = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)

// maxQueries is how many queries one call may carry.
const maxQueries = 500

// readQueries checks all queries.
func readQueries(in *api.GetMetricDataInput, account string) ([]*query, error) {
	if len(in.MetricDataQueries) == 0 {
		return nil, invalidQuery("The parameter MetricDataQueries is required.")
	}
	if len(in.MetricDataQueries) > maxQueries {
		return nil, invalidQuery("The collection MetricDataQueries must not have a size greater than %d.", maxQueries)
	}
	seen := make(map[string]bool)
	var out []*query
	for i, raw := range in.MetricDataQueries {
		q, err := readQuery(fmt.Sprintf("MetricDataQueries.member.%d", i+1), raw, account)
		if err != nil {
			return nil, err
		}
		if seen[q.id] {
			return nil, invalidQuery("The values for parameter id in MetricDataQueries are not unique: %s.", q.id)
		}
		seen[q.id] = true
		out = append(out, q)
	}
	return out, nil
}

// readQuery checks one query; at is its place in the request.
func readQuery(at string, raw *api.MetricDataQuery, account string) (*query, error) {
	q := &query{id: aws.Val(raw.Id), label: aws.Val(raw.Label), returned: raw.ReturnData == nil || *raw.ReturnData}
	switch owner := aws.Val(raw.AccountId); {
	case !queryID.MatchString(q.id):
		return nil, invalidQuery("The value %s for parameter %s.Id is not matching the expected pattern %s.", q.id, at, queryID)
	case owner != "" && owner != account:
		return nil, invalidQuery("The value %s for parameter %s.AccountId is invalid: metrics of other accounts cannot be read.", owner, at)
	case raw.Expression != nil && raw.MetricStat != nil:
		return nil, invalidQuery("The parameters %[1]s.Expression and %[1]s.MetricStat are mutually exclusive and you have specified both.", at)
	case raw.MetricStat != nil && raw.Period != nil:
		return nil, invalidQuery("The parameters %[1]s.Period and %[1]s.MetricStat are mutually exclusive and you have specified both.", at)
	case raw.Expression != nil:
		expr, err := parseExpression(*raw.Expression)
		if err != nil {
			return nil, invalidQuery("Error in expression '%s': %s.", q.id, err)
		}
		if q.label == "" {
			q.label = q.id
		}
		q.expr = expr
		return q, nil
	case raw.MetricStat == nil || raw.MetricStat.Metric == nil:
		return nil, invalidQuery("Either %[1]s.MetricStat or %[1]s.Expression must be specified.", at)
	}
	m := raw.MetricStat
	dims, err := readDimensions(at+".MetricStat.Metric.Dimensions", m.Metric.Dimensions)
	if err != nil {
		return nil, err
	}
	q.metric = identity{aws.Val(m.Metric.Namespace), aws.Val(m.Metric.MetricName), dims}
	q.unit, q.period = string(m.Unit), aws.Val(m.Period)
	var ok bool
	switch q.stat, ok = parseStat(aws.Val(m.Stat)); {
	case !ok:
		return nil, invalidQuery("The value %s for parameter %s.MetricStat.Stat is invalid: it is SampleCount, Average, Sum, Minimum, Maximum or a percentile such as p99.", aws.Val(m.Stat), at)
	case !goodPeriod(q.period):
		return nil, invalidQuery("The value %d for parameter %s.MetricStat.Period is invalid: it is 1, 5, 10, 30 or a multiple of 60 seconds.", q.period, at)
	case q.metric.namespace == "" || q.metric.name == "":
		return nil, invalidQuery("The parameters %[1]s.MetricStat.Metric.Namespace and %[1]s.MetricStat.Metric.MetricName are required.", at)
	}
	if q.label == "" {
		q.label = q.metric.name
	}
	return q, nil
}

// evaluation answers queries of one request, each at most once.
type evaluation struct {
	tx      *store.Tx
	scope   aws.Scope
	in      *api.GetMetricDataInput
	queries map[string]*query
	done    map[string][]point
	open    map[string]bool
}

// series is the points of a query in order of time.
func (e *evaluation) series(id string) ([]point, error) {
	if s, ok := e.done[id]; ok {
		return s, nil
	}
	q, ok := e.queries[id]
	if !ok {
		return nil, invalidQuery("Error in expression: there is no query with the id '%s'.", id)
	}
	if e.open[id] {
		return nil, invalidQuery("Error in expression '%s': it depends on itself.", id)
	}
	e.open[id] = true
	defer delete(e.open, id)
	s, err := e.answer(q)
	if err == nil {
		e.done[id] = s
	}
	return s, err
}

// answer computes a query.
func (e *evaluation) answer(q *query) ([]point, error) {
	if q.expr != nil {
		v, err := q.expr(e.series)
		if err == nil && v.scalar {
			err = invalidQuery("Error in expression '%s': it is a number, and the result of an expression must be a time series.", q.id)
		}
		return v.series, err
	}
	id, ok, err := find(e.tx, e.scope, q.metric)
	if err != nil || !ok {
		return nil, err
	}
	w := newWindow(e.tx.Now, *e.in.StartTime, *e.in.EndTime, q.period)
	rows, err := reports(e.tx, id, w, q.unit)
	if err != nil {
		return nil, err
	}
	var out []point
	for _, b := range aggregate(rows, w, false, q.stat.percentile) {
		if v, ok := q.stat.of(b); ok {
			out = append(out, point{b.at, v})
		}
	}
	return out, nil
}
