package monitoring

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// stat is one of CloudWatch's statistics, or a percentile.
type stat struct {
	name string
	// percent is the percentile from 0 to 100 when percentile is set.
	percentile bool
	percent    float64
}

// parseStat reads "Average", "Sum", "Minimum", "Maximum", "SampleCount" or a
// percentile such as "p99.9"; ok is false for anything else.
func parseStat(s string) (st stat, ok bool) {
	switch s {
	case "SampleCount", "Average", "Sum", "Minimum", "Maximum":
		return stat{name: s}, true
	}
	digits, found := strings.CutPrefix(s, "p")
	if !found || digits == "" || strings.Trim(digits, "0123456789.") != "" {
		return stat{}, false
	}
	p, err := strconv.ParseFloat(digits, 64)
	if err != nil || p < 0 || p > 100 {
		return stat{}, false
	}
	return stat{name: s, percentile: true, percent: p}, true
}

// of computes the statistic; ok is false for a percentile of statistic sets,
// whose values nobody knows.
func (s stat) of(b *bucket) (v float64, ok bool) {
	switch {
	case s.percentile:
		return b.percentile(s.percent)
	case s.name == "SampleCount":
		return b.n, true
	case s.name == "Sum":
		return b.total, true
	case s.name == "Minimum":
		return b.low, true
	case s.name == "Maximum":
		return b.high, true
	}
	return b.total / b.n, true
}

// percentile is the smallest value with at least p percent of all at or below
// it (nearest rank).
func (b *bucket) percentile(p float64) (float64, bool) {
	if b.opaque || len(b.values) == 0 {
		return 0, false
	}
	slices.SortFunc(b.values, func(x, y weighted) int { return cmp.Compare(x.value, y.value) })
	rank, seen := p/100*b.n, 0.0
	for _, v := range b.values {
		if seen += v.n; seen >= rank {
			return v.value, true
		}
	}
	return b.values[len(b.values)-1].value, true
}
