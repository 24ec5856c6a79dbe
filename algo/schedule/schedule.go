package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Schedule is when something is due. The zero value never is.
type Schedule struct {
	// at is the local time of a schedule of once, every the pace of a rate, cron the
	// fields; one of them is set.
	at    string
	every time.Duration
	cron  *calendar
}

// layout is how at(…) writes a time.
const layout = "2006-01-02T15:04:05"

// Parse reads a schedule. Its errors are sentences for the user.
func Parse(s string) (Schedule, error) {
	kind, rest, ok := strings.Cut(s, "(")
	inner, closed := strings.CutSuffix(rest, ")")
	if !ok || !closed {
		return Schedule{}, fmt.Errorf("the schedule %q is none of at(yyyy-mm-ddThh:mm:ss), rate(value unit) and cron(fields)", s)
	}
	switch kind {
	case "at":
		if _, err := time.Parse(layout, inner); err != nil {
			return Schedule{}, fmt.Errorf("the time of at(%s) is not of the form yyyy-mm-ddThh:mm:ss", inner)
		}
		return Schedule{at: inner}, nil
	case "rate":
		every, err := parseRate(inner)
		return Schedule{every: every}, err
	case "cron":
		c, err := parseCalendar(inner)
		return Schedule{cron: c}, err
	}
	return Schedule{}, fmt.Errorf("the schedule %q begins with %q: use at, rate or cron", s, kind)
}

// parseRate reads "5 minutes".
func parseRate(s string) (time.Duration, error) {
	value, unit, _ := strings.Cut(s, " ")
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > 1_000_000 {
		return 0, fmt.Errorf("the value of rate(%s) is not a positive whole number of at most 1000000", s)
	}
	units := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	each, ok := units[strings.TrimSuffix(unit, "s")]
	if !ok || (n > 1) != strings.HasSuffix(unit, "s") {
		return 0, fmt.Errorf("the unit of rate(%s) is minute, hour or day after 1, and minutes, hours or days after other numbers", s)
	}
	if n > int(100*365*24*time.Hour/each) {
		return 0, fmt.Errorf("rate(%s) is longer than 100 years", s)
	}
	return time.Duration(n) * each, nil
}

// Once says that the schedule is due one time only.
func (s Schedule) Once() bool { return s.at != "" }

// Next is the first time after `after` that the schedule is due, the zero time for
// never again. anchor is where a rate counts from: it is due one pace later first.
func (s Schedule) Next(after, anchor time.Time, zone *time.Location) time.Time {
	switch {
	case s.at != "":
		if t, err := time.ParseInLocation(layout, s.at, zone); err == nil && t.After(after) {
			return t
		}
	case s.every > 0:
		if after.Before(anchor) {
			return anchor.Add(s.every)
		}
		return anchor.Add((after.Sub(anchor)/s.every + 1) * s.every)
	case s.cron != nil:
		return s.cron.next(after.In(zone))
	}
	return time.Time{}
}
