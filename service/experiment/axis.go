package experiment

import (
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/algo/summary"
	api "github.com/sagebrush/sagebrush/api/sagemakermetrics"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// axis is what the values of a query are put together by: steps, or periods of
// time.
type axis struct {
	// period is 0 for steps.
	period time.Duration
	// from and to bound the axis, both included: steps, or seconds since 1970.
	from, to int64
}

// axisOf reads the axis of a query.
func axisOf(q *api.MetricQuery) (axis, error) {
	a := axis{from: 0, to: latest}
	if q.Start != nil {
		a.from = min(max(*q.Start, 0), latest)
	}
	if q.End != nil {
		a.to = min(max(*q.End, -1), latest)
	}
	switch q.Period {
	case api.PeriodOneMinute:
		a.period = time.Minute
	case api.PeriodFiveMinute:
		a.period = 5 * time.Minute
	case api.PeriodOneHour:
		a.period = time.Hour
	}
	if (a.period == 0) != (q.XAxisType == api.XAxisTypeIterationNumber) {
		return axis{}, aws.Invalid("The period %s does not go with the x-axis %s. Use the period IterationNumber with the x-axis IterationNumber, and OneMinute, FiveMinute or OneHour with Timestamp.", q.Period, q.XAxisType)
	}
	return a, nil
}

// latest is a time, in seconds, beyond all that can be reported.
const latest = 1 << 40

// times are the bounds of an axis of time in microseconds, to excluded.
func (a axis) times() (from, to int64) { return a.from * 1e6, (a.to + 1) * 1e6 }

// place is where a time is on an axis of time.
func (a axis) place(at time.Time) int64 {
	seconds := int64(a.period / time.Second)
	return at.Unix() / seconds * seconds
}

// read puts the points of a metric into buckets. It stops when it has more than
// an answer holds.
func (a axis) read(tx *store.Tx, m *metric, buckets map[int64]*summary.Summary) error {
	query, from, to := "SELECT at, step, value FROM trial_metric_point WHERE metric_id = $1 AND step >= $2 AND step < $3 ORDER BY step, at, seq", a.from, a.to+1
	if a.period > 0 {
		query = "SELECT at, 0, value FROM trial_metric_point WHERE metric_id = $1 AND at >= $2 AND at < $3 ORDER BY at, seq"
		from, to = a.times()
	}
	rows, err := tx.Query(query, m.id, from, to)
	if err != nil {
		return fmt.Errorf("experiment: points of %s: %w", m.name, err)
	}
	defer rows.Close()
	fill := filler{buckets: buckets}
	for rows.Next() {
		var at, x int64
		var value float64
		if err := rows.Scan(&at, &x, &value); err != nil {
			return fmt.Errorf("experiment: points of %s: %w", m.name, err)
		}
		t := store.FromMicros(at)
		if a.period > 0 {
			x = a.place(t)
		}
		if !fill.add(x, value, t) {
			return nil
		}
	}
	return rows.Err()
}

// filler puts values into buckets whose places on the axis never fall.
type filler struct {
	buckets map[int64]*summary.Summary
	places  int
	last    int64
}

// add answers false when there are more places than an answer holds.
func (f *filler) add(x int64, value float64, at time.Time) bool {
	if f.places == 0 || x != f.last {
		f.places++
		f.last = x
	}
	if f.buckets[x] == nil {
		f.buckets[x] = new(summary.Summary)
	}
	f.buckets[x].Add(value, at)
	return f.places <= maxValues
}
