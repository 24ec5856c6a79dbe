// Command proxy measures what the data path of endpoints costs: the same trivial
// container alone, behind us, and behind nginx, in turns. Ours checks signatures,
// chooses variant and instance, measures, and captures 1 % of the requests; nginx
// hands on.
//
// The container, and the server of ours, are this program, called with the words
// "container" and "front". nginx is the one that is installed; without it there is
// nothing to compare with. The load of many connections comes from wrk where that
// is installed, which takes less of the processors than our own generator.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// creds sign all requests.
var creds = sigv4.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret"}

const (
	conns = 32
	// megabytes is how long the long answers are.
	megabytes = 10
)

func main() {
	if len(os.Args) == 3 {
		serve := map[string]func(string) error{"container": container, "front": front}[os.Args[1]]
		if serve != nil {
			fmt.Fprintln(os.Stderr, serve(os.Args[2]))
			os.Exit(1)
		}
	}
	seconds := flag.Float64("seconds", 4, "length of a round")
	rounds := flag.Int("rounds", 5, "rounds of each")
	harness.Run("proxy", func(ctx context.Context, dir string, r *harness.Report) error {
		return run(ctx, dir, time.Duration(*seconds*float64(time.Second)), *rounds, r)
	})
}

func run(ctx context.Context, dir string, d time.Duration, rounds int, r *harness.Report) error {
	s, err := start(ctx, dir)
	if err != nil {
		return err
	}
	defer s.stop()
	small, err := sign(s.front.Addr, `{"instances":[`+strings.Repeat("0.5,", 170)+"0.5]}")
	if err != nil {
		return err
	}
	long, err := sign(s.front.Addr, fmt.Sprintf(`{"mb":%d}`, megabytes))
	if err != nil {
		return err
	}
	others := harness.Others(s.all()...)
	r.Note("medians of %d rounds of %v, in turns; a request of 700 bytes, an answer of 20; TCP to the proxies, a unix socket behind them", rounds, d)
	if s.nginx == nil {
		r.Note("nginx is not installed: there is nothing to compare with")
	}
	if err := throughput(ctx, dir, s, small, d, rounds, r); err != nil {
		return err
	}
	if err := latency(ctx, s, small, d, rounds, r); err != nil {
		return err
	}
	if err := memory(ctx, s, long, d, r); err != nil {
		return err
	}
	r.Note("other programs, wrk and nginx's workers among them, used %.0f %% of the processors meanwhile", 100*others())
	return nil
}

// latency compares the time that is added to the container's own.
func latency(ctx context.Context, s *sides, request harness.Signed, d time.Duration, rounds int, r *harness.Report) error {
	requests := harness.Cycle([]harness.Signed{request})
	for _, m := range []struct {
		what   string
		target float64 // microseconds
		load   func(addr string) (harness.Load, error)
		of     func(harness.Load) time.Duration
	}{
		{"time added at one connection, median", 100, func(addr string) (harness.Load, error) {
			return harness.Closed(ctx, addr, 1, requests, d/2)
		}, func(l harness.Load) time.Duration { return l.P50 }},
		{"time added at 1,000 requests a second, 99 %", 1000, func(addr string) (harness.Load, error) {
			return harness.Open(ctx, addr, 16, requests, d, 1000)
		}, func(l harness.Load) time.Duration { return l.P99 }},
	} {
		took := map[*harness.Server][]float64{}
		for range rounds {
			for _, side := range s.all() {
				l, err := harness.Clean(m.load(side.Addr))
				if err != nil {
					return err
				}
				took[side] = append(took[side], float64(m.of(l).Nanoseconds())/1e3)
			}
		}
		alone := harness.Median(took[s.container])
		row := harness.Row{What: m.what, Value: harness.Median(took[s.front]) - alone, Unit: "µs"}
		if s.nginx != nil {
			row.Peer = harness.Median(took[s.nginx]) - alone
		}
		r.Rows = append(r.Rows, row.AtMost(row.Value, m.target, " µs"))
	}
	return nil
}

// memory passes long answers through and looks at what stays.
func memory(ctx context.Context, s *sides, request harness.Signed, d time.Duration, r *harness.Report) error {
	before, err := s.front.RSS()
	if err != nil {
		return err
	}
	c, err := harness.Dial(s.front.Addr)
	if err != nil {
		return err
	}
	defer c.Close()
	most, all, begun := before, 0, time.Now()
	for time.Since(begun) < d && ctx.Err() == nil {
		var n counter
		status, _, err := c.RoundTrip(request, &n)
		if err != nil {
			return err
		}
		if status != http.StatusOK || n != megabytes<<20 {
			return fmt.Errorf("a long answer has the status %d and %d bytes", status, n)
		}
		all += int(n)
		now, err := s.front.RSS()
		if err != nil {
			return err
		}
		most = max(most, now)
	}
	grown := float64(most-before) / (1 << 20)
	r.Rows = append(r.Rows,
		harness.Row{What: fmt.Sprintf("answers of %d MiB, one at a time", megabytes), Value: float64(all) / 1e6 / time.Since(begun).Seconds(), Unit: "MB/s"},
		harness.Row{What: "memory that they added", Value: grown, Unit: "MiB"}.AtMost(grown, megabytes/2, " MiB"))
	return ctx.Err()
}

// counter is a writer that counts.
type counter int

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

// sign makes an InvokeEndpoint for the front at addr. nginx and the container take
// the same bytes.
func sign(addr, body string) (harness.Signed, error) {
	r, err := http.NewRequest(http.MethodPost, "http://"+addr+"/endpoints/bench/invocations", bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	sum := sha256.Sum256([]byte(body))
	sigv4.Sign(r, creds, "sagemaker", harness.Region, hex.EncodeToString(sum[:]), time.Now())
	return harness.Bytes(r)
}
