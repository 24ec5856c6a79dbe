package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Load is what a run of the generator measured.
type Load struct {
	// N requests were answered with a status below 300, Failed were not.
	N, Failed int
	// FirstFailure is the first answer that was refused.
	FirstFailure string
	Elapsed      time.Duration
	// Rate is N a second.
	Rate float64
	// P50, P99 and Max of the time to the answer's last byte.
	P50, P99, Max time.Duration
}

// Requests gives the i-th request, nil after the last.
type Requests func(i int64) Signed

// Once sends each request of a list.
func Once(list []Signed) Requests {
	return func(i int64) Signed {
		if i < int64(len(list)) {
			return list[i]
		}
		return nil
	}
}

// Cycle begins again after the last.
func Cycle(list []Signed) Requests {
	return func(i int64) Signed { return list[i%int64(len(list))] }
}

// Closed sends requests over conns connections, each the next one as soon as
// its last was answered, until d has passed or the requests are used up.
func Closed(ctx context.Context, addr string, conns int, requests Requests, d time.Duration) (Load, error) {
	return load(ctx, addr, conns, requests, d, 0)
}

// Open sends rate requests a second whether or not earlier ones were answered.
// The time to an answer counts from the moment when the request was due, so a
// server that falls behind cannot hide it.
func Open(ctx context.Context, addr string, conns int, requests Requests, d time.Duration, rate float64) (Load, error) {
	return load(ctx, addr, conns, requests, d, rate)
}

// Clean makes refused requests an error: only good answers count.
func Clean(l Load, err error) (Load, error) {
	if err == nil && l.Failed > 0 {
		err = fmt.Errorf("%d requests were refused, the first with %s", l.Failed, l.FirstFailure)
	}
	return l, err
}

func load(ctx context.Context, addr string, conns int, requests Requests, d time.Duration, rate float64) (Load, error) {
	var (
		next    atomic.Int64
		workers sync.WaitGroup
		mu      sync.Mutex
		out     Load
		all     []time.Duration
		errs    []error
	)
	pool := make([]*Conn, conns)
	for i := range pool {
		c, err := Dial(addr)
		if err != nil {
			return out, err
		}
		pool[i] = c
	}
	begun := time.Now()
	for _, c := range pool {
		workers.Go(func() {
			defer c.Close()
			var mine []time.Duration
			failed, first := 0, ""
			var err error
			for err == nil && ctx.Err() == nil {
				i := next.Add(1) - 1
				request := requests(i)
				if request == nil {
					break
				}
				due := time.Now()
				if rate > 0 {
					due = begun.Add(time.Duration(float64(i) / rate * float64(time.Second)))
					if due.Sub(begun) > d {
						break
					}
					sleepUntil(due)
				} else if due.Sub(begun) > d {
					break
				}
				var status int
				var body []byte
				if status, body, err = c.RoundTrip(request, nil); err != nil {
					break
				}
				if status >= 300 {
					if failed++; first == "" {
						first = fmt.Sprintf("status %d: %s", status, body)
					}
					continue
				}
				mine = append(mine, time.Since(due))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
			out.Failed += failed
			if out.FirstFailure == "" {
				out.FirstFailure = first
			}
			if err != nil {
				errs = append(errs, err)
			}
		})
	}
	workers.Wait()
	out.Elapsed = time.Since(begun)
	out.N = len(all)
	out.Rate = float64(out.N) / out.Elapsed.Seconds()
	slices.Sort(all)
	if n := len(all); n > 0 {
		out.P50, out.P99, out.Max = all[n/2], all[n*99/100], all[n-1]
	}
	return out, errors.Join(append(errs, ctx.Err())...)
}

// sleepUntil blocks a thread, because the runtime's timers are up to a
// millisecond late, which is more than an answer takes.
func sleepUntil(t time.Time) {
	for d := time.Until(t); d > 0; d = time.Until(t) {
		ts := unix.NsecToTimespec(d.Nanoseconds())
		if err := unix.Nanosleep(&ts, nil); err == nil {
			return
		}
	}
}
