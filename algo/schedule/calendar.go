package schedule

import (
	"slices"
	"time"
)

// calendar is the six fields of cron(…).
type calendar struct {
	// The plain fields are the values that match, in order.
	minutes, hours, months, years []int
	// days are the days of the month, week those of the week (Sunday is 1); nil is any.
	days, week []int
	// special finds a day that depends on the month, nil for none.
	special func(year int, month time.Month) int
}

// lastYear is the last that fields can name.
const lastYear = 2199

// next is the first moment after t, in t's zone, that matches; zero for none. An hour
// that a zone skips in spring is taken at the hour after it, one that comes twice in
// autumn counts once.
func (c *calendar) next(t time.Time) time.Time {
	year, month, day := t.Date()
	for ; year <= lastYear; year, month, day = year+1, time.January, 1 {
		if !slices.Contains(c.years, year) {
			continue
		}
		for ; month <= time.December; month, day = month+1, 1 {
			if !slices.Contains(c.months, int(month)) {
				continue
			}
			for last := lastDay(year, month); day <= last; day++ {
				if !c.has(year, month, day) {
					continue
				}
				for _, hour := range c.hours {
					for _, minute := range c.minutes {
						if at := time.Date(year, month, day, hour, minute, 0, 0, t.Location()); at.After(t) {
							return at
						}
					}
				}
			}
		}
	}
	return time.Time{}
}

// has says whether a day matches.
func (c *calendar) has(year int, month time.Month, day int) bool {
	if c.special != nil {
		return c.special(year, month) == day
	}
	weekday := int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday()) + 1
	return (c.days == nil || slices.Contains(c.days, day)) && (c.week == nil || slices.Contains(c.week, weekday))
}

// lastDay is the number of days of a month.
func lastDay(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// workday is the day from Monday to Friday that is nearest to a day, in its month.
func workday(day int) func(year int, month time.Month) int {
	return func(year int, month time.Month) int {
		last := lastDay(year, month)
		if day > last {
			return 0
		}
		switch time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday() {
		case time.Saturday:
			if day == 1 {
				return 3
			}
			return day - 1
		case time.Sunday:
			if day == last {
				return day - 2
			}
			return day + 1
		}
		return day
	}
}

// nth is the n-th such weekday (Sunday is 1) of a month, the last for n 0; 0 when the
// month has none.
func nth(weekday, n int) func(year int, month time.Month) int {
	return func(year int, month time.Month) int {
		last := lastDay(year, month)
		first := 1 + (weekday-1-int(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Weekday())+7)%7
		if n == 0 {
			return first + (last-first)/7*7
		}
		if day := first + 7*(n-1); day <= last {
			return day
		}
		return 0
	}
}
