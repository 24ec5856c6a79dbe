package endpoint

import "time"

// setback is how often in a row replicas of a variant ailed, and when last.
type setback struct {
	times int
	last  time.Time
}

// A replica that ails is replaced at once the first time, then after a pause that
// doubles, until one has stayed healthy for calm.
const (
	firstPause = time.Second
	lastPause  = time.Minute
	calm       = 10 * time.Minute
)

func (b setback) pause() time.Duration {
	if b.times < 2 {
		return 0
	}
	return min(lastPause, firstPause<<min(b.times-2, 10))
}
