// Package summary describes a stream of numbers in constant space: least,
// greatest, mean, standard deviation, last, and how many there were.
package summary

import (
	"math"
	"time"
)

// Summary describes the numbers that were added to it. The zero value describes
// none.
type Summary struct {
	Count int64
	// Min, Max and Mean are 0 while Count is.
	Min, Max, Mean float64
	// M2 is the sum of the squared distances from Mean. It and Mean stay finite:
	// what would overflow is the greatest number instead.
	M2 float64
	// Last is the number with the latest time LastAt; of several with the same
	// time, the one that was added last.
	Last   float64
	LastAt time.Time
}

// Add adds a finite number that was seen at that time.
func (s *Summary) Add(value float64, at time.Time) {
	s.Count++
	if s.Count == 1 {
		*s = Summary{Count: 1, Min: value, Max: value, Mean: value, Last: value, LastAt: at}
		return
	}
	s.Min, s.Max = min(s.Min, value), max(s.Max, value)
	// Welford's method: the sum of squares would lose what differs little.
	delta := finite(value - s.Mean)
	s.Mean = finite(s.Mean + delta/float64(s.Count))
	s.M2 = finite(s.M2 + finite(delta*finite(value-s.Mean)))
	if !at.Before(s.LastAt) {
		s.Last, s.LastAt = value, at
	}
}

// StdDev is the standard deviation of the numbers themselves (not an estimate
// for numbers yet to come), 0 for one number or none.
func (s *Summary) StdDev() float64 {
	if s.Count == 0 {
		return 0
	}
	return math.Sqrt(s.M2 / float64(s.Count))
}

// finite is x, or the greatest number of its sign where it overflowed.
func finite(x float64) float64 {
	return max(-math.MaxFloat64, min(x, math.MaxFloat64))
}
