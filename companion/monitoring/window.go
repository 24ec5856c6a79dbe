package monitoring

import (
	"time"

	"github.com/sagebrush/sagebrush/store"
)

// window is the time that a question asks about, cut into periods. Times are
// microseconds since 1970; end is exclusive.
type window struct{ start, end, period int64 }

// newWindow rounds start down as CloudWatch does: to the period when that is 5,
// 10 or 30 seconds, otherwise to the minute, and to 5 minutes or the hour when
// it lies more than 15 or 63 days back.
func newWindow(now, start, end time.Time, period int32) window {
	step := time.Minute
	switch age := now.Sub(start); {
	case period < 60:
		step = time.Duration(period) * time.Second
	case age > 63*24*time.Hour:
		step = time.Hour
	case age > 15*24*time.Hour:
		step = 5 * time.Minute
	}
	return window{
		start:  floor(store.Micros(start), step.Microseconds()),
		end:    store.Micros(end),
		period: int64(period) * time.Second.Microseconds(),
	}
}

// buckets is how many periods the window touches.
func (w window) buckets() int64 { return (w.end - w.start + w.period - 1) / w.period }

// bucket is the start of the period that at falls into; ok is false outside.
func (w window) bucket(at int64) (start int64, ok bool) {
	if at < w.start || at >= w.end {
		return 0, false
	}
	return w.start + floor(at-w.start, w.period), true
}

// floor rounds v down to a multiple of step, also below zero.
func floor(v, step int64) int64 {
	r := v % step
	if r < 0 {
		r += step
	}
	return v - r
}

// goodPeriod says whether CloudWatch takes the period.
func goodPeriod(seconds int32) bool {
	switch seconds {
	case 1, 5, 10, 30:
		return true
	}
	return seconds > 0 && seconds%60 == 0
}
