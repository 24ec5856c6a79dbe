// Command start measures how long a server takes from the start of its process
// until it answers: on a fresh data directory, and with 100,000 jobs stored.
package main

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

func main() {
	stored := flag.Int("stored", 100_000, "jobs stored")
	n := flag.Int("n", 5, "starts of each kind")
	harness.Run("start", func(ctx context.Context, dir string, r *harness.Report) error {
		return run(ctx, dir, *stored, *n, r)
	})
}

func run(ctx context.Context, base string, stored, n int, r *harness.Report) error {
	fresh, err := starts(ctx, n, func(i int) string { return filepath.Join(base, fmt.Sprint("fresh-", i)) })
	if err != nil {
		return err
	}
	full := filepath.Join(base, "fresh-0")
	again, err := starts(ctx, n, func(int) string { return full })
	if err != nil {
		return err
	}
	if err := harness.Seed(ctx, full, stored); err != nil {
		return err
	}
	filled, err := starts(ctx, n, func(int) string { return full })
	if err != nil {
		return err
	}
	r.Note("medians of %d; from starting the process to the answer of GET /healthz; SQLite", n)
	r.Rows = append(r.Rows,
		harness.Row{What: "fresh data directory", Value: fresh, Unit: "ms"}.AtMost(fresh, 300, " ms"),
		harness.Row{What: "existing data directory", Value: again, Unit: "ms"}.AtMost(again, 300, " ms"),
		harness.Row{What: fmt.Sprintf("%d jobs stored", stored), Value: filled, Unit: "ms"}.AtMost(filled, 1000, " ms"))
	return nil
}

// starts starts and stops servers and answers the median time to ready in ms.
func starts(ctx context.Context, n int, dir func(int) string) (float64, error) {
	var all []float64
	for i := range n {
		s, err := harness.Start(ctx, dir(i))
		if err != nil {
			return 0, err
		}
		all = append(all, float64(s.Ready.Microseconds())/1000)
		if err := s.Stop(); err != nil {
			return 0, err
		}
	}
	return harness.Median(all), nil
}
