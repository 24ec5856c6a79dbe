package monitoring

import (
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// EachValue calls fn with what was reported for a metric from from until before
// to, by time, until fn answers false: the value, or the mean of a statistic set.
// A metric that nothing was reported for has none.
func (s *Service) EachValue(tx *store.Tx, scope aws.Scope, namespace, name string, dimensions []Dimension, from, to time.Time, fn func(at time.Time, value float64) bool) error {
	id, ok, err := find(tx, scope, identity{namespace, name, dimensions})
	if err != nil || !ok {
		return err
	}
	rows, err := tx.Query("select at, total / n from monitoring_datum where metric_id = $1 and at >= $2 and at < $3 and n > 0 order by at, seq",
		id, store.Micros(from), store.Micros(to))
	if err != nil {
		return fmt.Errorf("monitoring: values of %s: %w", name, err)
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		var value float64
		if err := rows.Scan(&at, &value); err != nil {
			return fmt.Errorf("monitoring: values of %s: %w", name, err)
		}
		if !fn(store.FromMicros(at), value) {
			return nil
		}
	}
	return rows.Err()
}
