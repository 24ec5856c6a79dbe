package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// field is what one field of cron(…) may hold.
type field struct {
	name     string
	low, top int
	// names stand for low and what follows.
	names []string
}

// parseCalendar reads the six fields.
func parseCalendar(s string) (*calendar, error) {
	parts := strings.Fields(s)
	if len(parts) != 6 {
		return nil, fmt.Errorf("cron(%s) has %d fields, not 6: minutes, hours, day of month, month, day of week, year", s, len(parts))
	}
	months := field{"month", 1, 12, strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")}
	days, week := field{"day of month", 1, 31, nil}, field{"day of week", 1, 7, strings.Fields("SUN MON TUE WED THU FRI SAT")}
	c := &calendar{}
	var err error
	for _, plain := range []struct {
		to   *[]int
		text string
		field
	}{
		{&c.minutes, parts[0], field{"minutes", 0, 59, nil}}, {&c.hours, parts[1], field{"hours", 0, 23, nil}},
		{&c.months, parts[3], months}, {&c.years, parts[5], field{"year", 1970, lastYear, nil}},
	} {
		if *plain.to, err = plain.values(plain.text); err != nil {
			return nil, err
		}
	}
	free := func(s string) bool { return s == "?" || s == "*" }
	switch day, weekday := parts[2], parts[4]; {
	case day == "?" && weekday == "?":
		return nil, fmt.Errorf("cron(%s) has ? for both the day of the month and the day of the week: give one of them", s)
	case !free(day) && !free(weekday):
		return nil, fmt.Errorf("cron(%s) has a day of the month and a day of the week: make one of them ?", s)
	case !free(day):
		return c, c.monthDays(days, day)
	case !free(weekday):
		return c, c.weekDays(week, weekday)
	}
	return c, nil
}

// monthDays reads a day of the month.
func (c *calendar) monthDays(f field, s string) (err error) {
	if s == "L" {
		c.special = lastDay
		return nil
	}
	if number, ok := strings.CutSuffix(s, "W"); ok {
		day, err := f.value(number)
		c.special = workday(day)
		return err
	}
	c.days, err = f.values(s)
	return err
}

// weekDays reads a day of the week.
func (c *calendar) weekDays(f field, s string) (err error) {
	if s == "L" {
		c.week = []int{7}
		return nil
	}
	if name, ok := strings.CutSuffix(s, "L"); ok {
		day, err := f.value(name)
		c.special = nth(day, 0)
		return err
	}
	if name, number, ok := strings.Cut(s, "#"); ok {
		day, err := f.value(name)
		if err != nil {
			return err
		}
		n, err := field{"week of the month", 1, 5, nil}.value(number)
		c.special = nth(day, n)
		return err
	}
	c.week, err = f.values(s)
	return err
}

// values are what a list of values, ranges and steps matches, in order.
func (f field) values(s string) ([]int, error) {
	var all []int
	for item := range strings.SplitSeq(s, ",") {
		span, pace, stepped := strings.Cut(item, "/")
		step := 1
		if stepped {
			var err error
			if step, err = strconv.Atoi(pace); err != nil || step < 1 || step > f.top {
				return nil, fmt.Errorf("the step %q of the field %s is not a whole number from 1 to %d", pace, f.name, f.top)
			}
		}
		from, to := f.low, f.top
		if span != "*" {
			begin, end, isRange := strings.Cut(span, "-")
			var err error
			if from, err = f.value(begin); err != nil {
				return nil, err
			}
			switch {
			case isRange:
				if to, err = f.value(end); err != nil {
					return nil, err
				}
			case !stepped:
				to = from
			}
			if to < from {
				return nil, fmt.Errorf("the range %s of the field %s ends before it begins", span, f.name)
			}
		}
		for v := from; v <= to; v += step {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// value is one number or name.
func (f field) value(s string) (int, error) {
	if i := slices.Index(f.names, strings.ToUpper(s)); i >= 0 {
		return f.low + i, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < f.low || n > f.top {
		return 0, fmt.Errorf("%q in the field %s is not a value from %d to %d", s, f.name, f.low, f.top)
	}
	return n, nil
}
