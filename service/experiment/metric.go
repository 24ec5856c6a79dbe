package experiment

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/sagebrush/sagebrush/algo/summary"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// metric is one metric of a component as one source reported it.
type metric struct {
	// id is the key of its row, 0 before it was stored.
	id           int64
	name, source string
	summary.Summary
}

// point is one value that was reported.
type point struct {
	at    time.Time
	step  *int32
	value float64
}

const metricColumns = "id, name, source, n, low, high, mean, m2, last, last_at"

// scan reads metricColumns.
func (m *metric) scan(scan func(dest ...any) error) error {
	var at int64
	if err := scan(&m.id, &m.name, &m.source, &m.Count, &m.Min, &m.Max, &m.Mean, &m.M2, &m.Last, &at); err != nil {
		return err
	}
	m.LastAt = store.FromMicros(at)
	return nil
}

// loadMetric is the metric of that name and source, an empty one when nothing
// was reported for it yet.
func loadMetric(tx *store.Tx, c *componentRow, name, source string) (*metric, error) {
	m := &metric{name: name, source: source}
	err := m.scan(tx.QueryRow("SELECT "+metricColumns+` FROM trial_metric
		WHERE account = $1 AND region = $2 AND component = $3 AND name = $4 AND source = $5`,
		c.Scope.Account, c.Scope.Region, c.Name, name, source).Scan)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("experiment: metric %s of %s: %w", name, c.Name, err)
	}
	return m, nil
}

// save writes the summary and sets the id of a new metric.
func (m *metric) save(tx *store.Tx, c *componentRow) error {
	var err error
	if m.id == 0 {
		err = tx.QueryRow(`INSERT INTO trial_metric (account, region, component, name, source, n, low, high, mean, m2, last, last_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
			c.Scope.Account, c.Scope.Region, c.Name, m.name, m.source,
			m.Count, m.Min, m.Max, m.Mean, m.M2, m.Last, store.Micros(m.LastAt)).Scan(&m.id)
	} else {
		_, err = tx.Exec("UPDATE trial_metric SET n = $1, low = $2, high = $3, mean = $4, m2 = $5, last = $6, last_at = $7 WHERE id = $8",
			m.Count, m.Min, m.Max, m.Mean, m.M2, m.Last, store.Micros(m.LastAt), m.id)
	}
	if err != nil {
		return fmt.Errorf("experiment: save metric %s of %s: %w", m.name, c.Name, err)
	}
	return nil
}

// add reports points: the summary takes them in, and they are kept.
func (m *metric) add(tx *store.Tx, c *componentRow, points []point) error {
	first := m.Count
	for _, p := range points {
		m.Add(p.value, p.at)
	}
	if err := m.save(tx, c); err != nil {
		return err
	}
	for i, p := range points {
		_, err := tx.Exec("INSERT INTO trial_metric_point (metric_id, at, seq, step, value) VALUES ($1, $2, $3, $4, $5)",
			m.id, store.Micros(p.at), first+int64(i), p.step, p.value)
		if err != nil {
			return fmt.Errorf("experiment: save a point of %s of %s: %w", m.name, c.Name, err)
		}
	}
	return nil
}

// loadMetrics are all metrics of a component by name, those of one name by
// source.
func loadMetrics(tx *store.Tx, c *componentRow) ([]*metric, error) {
	rows, err := tx.Query("SELECT "+metricColumns+` FROM trial_metric
		WHERE account = $1 AND region = $2 AND component = $3 ORDER BY name, source`, c.Scope.Account, c.Scope.Region, c.Name)
	if err != nil {
		return nil, fmt.Errorf("experiment: metrics of %s: %w", c.Name, err)
	}
	defer rows.Close()
	var list []*metric
	for rows.Next() {
		m := new(metric)
		if err := m.scan(rows.Scan); err != nil {
			return nil, fmt.Errorf("experiment: metrics of %s: %w", c.Name, err)
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

// metricsOf are the summaries of a component's metrics (Co-8).
func metricsOf(tx *store.Tx, c *componentRow) ([]*sagemaker.TrialComponentMetricSummary, error) {
	list, err := loadMetrics(tx, c)
	if err != nil {
		return nil, err
	}
	all := []*sagemaker.TrialComponentMetricSummary{}
	for _, m := range list {
		all = append(all, &sagemaker.TrialComponentMetricSummary{
			MetricName: &m.name, SourceArn: &m.source, TimeStamp: &m.LastAt, Min: &m.Min, Max: &m.Max, Avg: &m.Mean, Last: &m.Last,
			StdDev: aws.Ptr(m.StdDev()), Count: aws.Ptr(int32(min(m.Count, math.MaxInt32))),
		})
	}
	return all, nil
}

// countNames is how many names the metrics of a component have.
func countNames(tx *store.Tx, c *componentRow) (n int, err error) {
	err = tx.QueryRow("SELECT count(DISTINCT name) FROM trial_metric WHERE account = $1 AND region = $2 AND component = $3",
		c.Scope.Account, c.Scope.Region, c.Name).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("experiment: count the metrics of %s: %w", c.Name, err)
	}
	return n, nil
}

// countValues is how many values are kept of what was reported for a component.
// Those that its job printed are kept with the job's log.
func countValues(tx *store.Tx, c *componentRow) (n int64, err error) {
	err = tx.QueryRow(`SELECT CAST(coalesce(sum(n), 0) AS bigint) FROM trial_metric
		WHERE account = $1 AND region = $2 AND component = $3 AND source = $4`,
		c.Scope.Account, c.Scope.Region, c.Name, c.ARN).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("experiment: count the values of %s: %w", c.Name, err)
	}
	return n, nil
}

// dropMetrics removes all metrics of a component.
func dropMetrics(tx *store.Tx, c *componentRow) error {
	for _, statement := range []string{
		`DELETE FROM trial_metric_point WHERE metric_id IN
			(SELECT id FROM trial_metric WHERE account = $1 AND region = $2 AND component = $3)`,
		"DELETE FROM trial_metric WHERE account = $1 AND region = $2 AND component = $3",
	} {
		if _, err := tx.Exec(statement, c.Scope.Account, c.Scope.Region, c.Name); err != nil {
			return fmt.Errorf("experiment: remove the metrics of %s: %w", c.Name, err)
		}
	}
	return nil
}
