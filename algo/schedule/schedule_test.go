package schedule_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/schedule"
)

// TestNext is the table of schedules; times are without zone in the zone named.
func TestNext(t *testing.T) {
	t.Parallel()
	const form = "2006-01-02T15:04:05"
	for _, c := range []struct{ schedule, zone, after, want string }{
		{"at(2026-03-01T08:00:00)", "UTC", "2026-02-01T00:00:00", "2026-03-01T08:00:00"},
		{"at(2026-03-01T08:00:00)", "UTC", "2026-03-01T08:00:00", ""},
		{"rate(5 minutes)", "UTC", "2026-01-01T00:00:00", "2026-01-01T00:05:00"}, // anchored at the start of 2026
		{"rate(5 minutes)", "UTC", "2026-01-01T00:05:00", "2026-01-01T00:10:00"},
		{"rate(1 day)", "UTC", "2026-01-04T12:00:00", "2026-01-05T00:00:00"},
		{"rate(1 hour)", "UTC", "2025-06-01T00:00:00", "2026-01-01T01:00:00"},
		{"cron(0 8 ? * MON-FRI *)", "UTC", "2026-01-02T08:00:00", "2026-01-05T08:00:00"}, // a Friday
		{"cron(0/15 * * * ? *)", "UTC", "2026-01-01T10:16:00", "2026-01-01T10:30:00"},
		{"cron(30 10,22 1 * ? *)", "UTC", "2026-01-01T10:30:00", "2026-01-01T22:30:00"},
		{"cron(0 0 L * ? *)", "UTC", "2028-02-01T00:00:00", "2028-02-29T00:00:00"},
		{"cron(0 0 15W * ? *)", "UTC", "2026-08-01T00:00:00", "2026-08-14T00:00:00"}, // the 15th is a Saturday
		{"cron(0 0 1W * ? *)", "UTC", "2026-07-31T12:00:00", "2026-08-03T00:00:00"},  // never into July
		{"cron(0 0 31W 5 ? *)", "UTC", "2026-05-01T00:00:00", "2026-05-29T00:00:00"}, // never into June
		{"cron(0 0 ? * 6#3 *)", "UTC", "2026-01-01T00:00:00", "2026-01-16T00:00:00"},
		{"cron(0 0 ? * FRI#5 *)", "UTC", "2026-02-01T00:00:00", "2026-05-29T00:00:00"},
		{"cron(0 0 ? * 6L *)", "UTC", "2026-01-01T00:00:00", "2026-01-30T00:00:00"},
		{"cron(0 0 ? * L *)", "UTC", "2026-01-01T00:00:00", "2026-01-03T00:00:00"},
		{"cron(0 0 29 FEB ? *)", "UTC", "2026-01-01T00:00:00", "2028-02-29T00:00:00"},
		{"cron(0 0 30 2 ? *)", "UTC", "2026-01-01T00:00:00", ""},
		{"cron(0 0 1 1 ? 2026)", "UTC", "2026-01-01T00:00:00", ""},
		{"cron(0 0 1 1 ? 2030-2032)", "UTC", "2026-01-01T00:00:00", "2030-01-01T00:00:00"},
		{"cron(0 8 * * ? *)", "Europe/Berlin", "2026-03-28T09:00:00", "2026-03-29T08:00:00"},
		{"cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-28T03:00:00", "2026-03-29T03:30:00"}, // 2:30 is skipped
		{"at(2026-07-01T08:00:00)", "America/New_York", "2026-06-01T00:00:00", "2026-07-01T08:00:00"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		after, err := time.ParseInLocation(form, c.after, zone)
		if err != nil {
			t.Fatal(err)
		}
		s, err := schedule.Parse(c.schedule)
		if err != nil {
			t.Errorf("%s: %v", c.schedule, err)
			continue
		}
		got := ""
		if next := s.Next(after, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), zone); !next.IsZero() {
			got = next.In(zone).Format(form)
		}
		if got != c.want {
			t.Errorf("%s after %s: %q, want %q", c.schedule, c.after, got, c.want)
		}
		if s.Once() != strings.HasPrefix(c.schedule, "at") {
			t.Errorf("%s: once is %t", c.schedule, s.Once())
		}
	}
}

// TestRefused are no schedules, each with a word of the reason.
func TestRefused(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"": "none of at", "every(5)": "begins with", "at(tomorrow)": "yyyy-mm-dd", "at(2026-02-30T00:00:00)": "yyyy-mm-dd",
		"rate(0 minutes)": "positive", "rate(1 minutes)": "unit", "rate(2 minute)": "unit", "rate(5 weeks)": "unit", "rate(1000000 days)": "100 years",
		"cron(* * * *)": "4 fields", "cron(60 * * * ? *)": "0 to 59", "cron(0 0 1 * 2 *)": "make one of them ?", "cron(0 0 ? * ? *)": "give one",
		"cron(0 0 ? * MON#6 *)": "1 to 5", "cron(0/0 * * * ? *)": "step", "cron(5-3 * * * ? *)": "ends before", "cron(? * * * ? *)": "minutes", "cron(0 0 1W": "none of at",
	} {
		if _, err := schedule.Parse(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in it", s, err, want)
		}
	}
}

// FuzzNext: whatever is a schedule is due later than asked for, or never.
func FuzzNext(f *testing.F) {
	for _, s := range []string{"cron(0/15 1-5,7 L JAN-MAR/2 ? 2026)", "rate(3 days)", "at(2026-01-01T00:00:00)", "cron(* * ? * 2#1 *)"} {
		f.Add(s, int64(1_800_000_000))
	}
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, at int64) {
		s, err := schedule.Parse(text)
		if err != nil {
			return
		}
		after := time.Unix(at%4_000_000_000, 0)
		if next := s.Next(after, time.Unix(1_700_000_000, 0), zone); !next.IsZero() && !next.After(after) {
			t.Errorf("%q after %v is due at %v", text, after, next)
		}
	})
}
