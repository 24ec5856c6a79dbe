package monitoring

import (
	"slices"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/store"
)

// report is a row of monitoring_datum as reading needs it.
type report struct {
	at                  int64
	n, total, low, high float64
	unit                string
	resolution          int64
}

// bucket is what was reported in one period and unit.
type bucket struct {
	at                  int64
	unit                string
	n, total, low, high float64
	// values are the single values behind it, for percentiles; nil when there
	// is a statistic set among them, which hides its values.
	values []weighted
	opaque bool
}

// weighted is a value that was seen n times.
type weighted struct{ value, n float64 }

// aggregate puts reports, in any order, into the periods of w, in order of
// time and then unit. byUnit keeps units apart; withValues keeps what
// percentiles need.
func aggregate(reports []report, w window, byUnit, withValues bool) []*bucket {
	type key struct {
		at   int64
		unit string
	}
	found := make(map[key]*bucket)
	var out []*bucket
	for _, r := range reports {
		at := floor(r.at, time.Duration(r.resolution*int64(time.Second)).Microseconds())
		start, ok := w.bucket(at)
		if !ok {
			continue
		}
		k := key{at: start}
		if byUnit {
			k.unit = r.unit
		}
		b := found[k]
		if b == nil {
			b = &bucket{at: start, unit: k.unit, low: r.low, high: r.high}
			found[k] = b
			out = append(out, b)
		}
		b.n += r.n
		b.total += r.total
		b.low = min(b.low, r.low)
		b.high = max(b.high, r.high)
		if withValues {
			b.opaque = b.opaque || r.low != r.high
			b.values = append(b.values, weighted{r.low, r.n})
		}
	}
	slices.SortFunc(out, func(a, b *bucket) int {
		if a.at != b.at {
			return int(min(max(a.at-b.at, -1), 1))
		}
		return strings.Compare(a.unit, b.unit)
	})
	return out
}

// reports reads what was reported for a metric in w; unit "" is any.
func reports(tx *store.Tx, metric int64, w window, unit string) (out []report, err error) {
	q := `select at, n, total, low, high, unit, resolution from monitoring_datum
		where metric_id = $1 and at >= $2 and at < $3`
	// A report of standard resolution counts at its minute, which may lie in the
	// window though its time does not.
	args := []any{metric, w.start, w.end + time.Minute.Microseconds()}
	if unit != "" {
		q += ` and unit = $4`
		args = append(args, unit)
	}
	rows, err := tx.Query(q+` order by at, seq`, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = closing(rows.Close, err) }()
	for rows.Next() {
		var r report
		if err := rows.Scan(&r.at, &r.n, &r.total, &r.low, &r.high, &r.unit, &r.resolution); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// closing runs a Close and keeps the first error.
func closing(close func() error, err error) error {
	if cerr := close(); err == nil {
		err = cerr
	}
	return err
}
