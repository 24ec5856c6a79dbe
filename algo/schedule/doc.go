// Package schedule reads the schedules of AWS and says when they are due: at(…) for
// once, rate(…) for every so often, cron(…) for the fields of a calendar. It is pure.
//
//	at(2026-03-01T08:00:00)     once, in the schedule's time zone
//	rate(5 minutes)             every 5 minutes from an anchor on
//	cron(0 8 ? * MON-FRI *)     minutes, hours, day of month, month, day of week, year
//
// The fields of cron take *, lists, ranges, steps and names; the day of the month L
// (the last) and 15W (the working day nearest to the 15th), the day of the week 6L
// (the last Friday) and 6#3 (the third Friday). Days of the week count from Sunday, 1.
// One of both days is ?, or one is *.
package schedule
