package monitoring

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Datum is one report for a metric.
type Datum struct {
	Name       string
	Dimensions []Dimension
	// Time is when it was observed; zero is the transaction's now.
	Time time.Time
	// Value was seen Count times; Count 0 means 1. Ignored when Set is there.
	Value, Count float64
	// Set summarises several observations.
	Set *StatisticSet
	// Unit is one of CloudWatch's, "" is "None".
	Unit string
	// HighResolution keeps the second of Time; otherwise reading counts the
	// report at its minute.
	HighResolution bool
	// Seq, from 0 up, is the publisher's own number for PublishOnce, for example
	// the offset of the log line that the value came from. Publish ignores it.
	Seq int64
}

// StatisticSet is what is known of observations that were not kept.
type StatisticSet struct{ SampleCount, Sum, Minimum, Maximum float64 }

// Publish stores data that all count, durably on return. Values that are no
// finite numbers are left out: CloudWatch has none.
func (s *Service) Publish(ctx context.Context, scope aws.Scope, namespace string, data []Datum) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		return publish(tx, scope, namespace, data, uncounted)
	})
}

// uncounted numbers a report that counts whatever else was reported: below 0,
// where no publisher's own number lies, and never twice for all practical ends.
func uncounted(Datum) int64 { return -1 - rand.Int64() }

// PublishOnce is Publish for publishers that may repeat themselves after a
// crash: of the data of one metric, time and Seq only the first is kept. Such
// data must carry their own Time.
func (s *Service) PublishOnce(ctx context.Context, scope aws.Scope, namespace string, data []Datum) error {
	return s.db.Update(ctx, func(tx *store.Tx) error { return PublishOnce(tx, scope, namespace, data) })
}

// PublishOnce is Service.PublishOnce inside the caller's transaction, so that
// metrics and the state they go with are committed together.
func PublishOnce(tx *store.Tx, scope aws.Scope, namespace string, data []Datum) error {
	for _, d := range data {
		if d.Seq < 0 || d.Time.IsZero() {
			return fmt.Errorf("monitoring: datum of %s for PublishOnce has no time or a negative number", d.Name)
		}
	}
	return publish(tx, scope, namespace, data, func(d Datum) int64 { return d.Seq })
}

// columns of a row of monitoring_datum.
const columns = 9

// publish turns data into rows, in batches of few sizes so that few statements
// are prepared.
func publish(tx *store.Tx, scope aws.Scope, namespace string, data []Datum, seq func(Datum) int64) error {
	ids := make(map[string]int64)
	args := make([]any, 0, columns*len(data))
	for _, d := range data {
		set, ok := d.set()
		if !ok {
			continue
		}
		m := identity{namespace, d.Name, d.Dimensions}
		key := m.digest()
		id, known := ids[key]
		if !known {
			var err error
			if id, err = ensure(tx, scope, m); err != nil {
				return err
			}
			ids[key] = id
		}
		at, unit, resolution := d.Time, d.Unit, int64(60)
		if at.IsZero() {
			at = tx.Now
		}
		if unit == "" {
			unit = "None"
		}
		if d.HighResolution {
			resolution = 1
		}
		args = append(args, id, store.Micros(at), seq(d), set.SampleCount, set.Sum, set.Minimum, set.Maximum, unit, resolution)
	}
	for _, rows := range []int{100, 10, 1} {
		for len(args) >= rows*columns {
			if _, err := tx.Exec(insertDatum(rows), args[:rows*columns]...); err != nil {
				return err
			}
			args = args[rows*columns:]
		}
	}
	return nil
}

// set is the datum as a statistic set; ok is false when it holds a number that
// is not finite or counts nothing.
func (d Datum) set() (s StatisticSet, ok bool) {
	switch n := d.Count; {
	case d.Set != nil:
		s = *d.Set
	case n == 0:
		s = StatisticSet{1, d.Value, d.Value, d.Value}
	default:
		s = StatisticSet{n, n * d.Value, d.Value, d.Value}
	}
	for _, v := range []float64{s.SampleCount, s.Sum, s.Minimum, s.Maximum} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return s, false
		}
	}
	return s, s.SampleCount > 0
}

// insertDatum is the statement for that many rows.
func insertDatum(rows int) string {
	var b strings.Builder
	b.WriteString("insert into monitoring_datum (metric_id, at, seq, n, total, low, high, unit, resolution) values ")
	for r := range rows {
		if r > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for c := range columns {
			if c > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "$%d", r*columns+c+1)
		}
		b.WriteByte(')')
	}
	b.WriteString(" on conflict (metric_id, at, seq) do nothing")
	return b.String()
}
