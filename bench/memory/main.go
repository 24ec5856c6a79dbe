// Command memory measures the resident memory of a server: idle after its first
// start, and with 10,000 jobs stored, after each of them was described and all
// were listed.
package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

func main() {
	stored := flag.Int("stored", 10_000, "jobs stored")
	harness.Run("memory", func(ctx context.Context, dir string, r *harness.Report) error {
		return run(ctx, dir, *stored, r)
	})
}

func run(ctx context.Context, dir string, stored int, r *harness.Report) error {
	s, err := harness.Start(ctx, dir)
	if err != nil {
		return err
	}
	time.Sleep(3 * time.Second) // long enough for anything that starts late
	idle, err := s.RSS()
	if err != nil {
		return err
	}
	if err := s.Stop(); err != nil {
		return err
	}
	if err := harness.Seed(ctx, dir, stored); err != nil {
		return err
	}
	if s, err = harness.Start(ctx, dir); err != nil {
		return err
	}
	defer func() { _ = s.Stop() }()
	after, err := s.RSS()
	if err != nil {
		return err
	}
	requests := make([]harness.Signed, stored)
	for i := range requests {
		if requests[i], err = s.Sign("SageMaker.DescribeTrainingJob", "sagemaker", map[string]string{"TrainingJobName": harness.JobName(i)}); err != nil {
			return err
		}
	}
	if _, err := harness.Clean(harness.Closed(ctx, s.Addr, 16, harness.Once(requests), time.Minute)); err != nil {
		return err
	}
	n, err := s.CountJobs(ctx, "Completed")
	if err != nil {
		return err
	}
	if n != stored {
		return fmt.Errorf("listed %d of %d jobs", n, stored)
	}
	peak := after
	for range 10 {
		rss, err := s.RSS()
		if err != nil {
			return err
		}
		peak = max(peak, rss)
		time.Sleep(100 * time.Millisecond)
	}
	if _, err := harness.Clean(harness.Closed(ctx, s.Addr, 16, harness.Cycle(requests), 5*time.Second)); err != nil {
		return err
	}
	rss, err := s.RSS()
	if err != nil {
		return err
	}
	peak = max(peak, rss)
	mb := func(b int64) float64 { return float64(b) / 1e6 }
	r.Note("VmRSS of the server process, SQLite; idle is 3 s after the first start")
	r.Rows = append(r.Rows,
		harness.Row{What: "idle", Value: mb(idle), Unit: "MB"}.AtMost(mb(idle), 60, " MB"),
		harness.Row{What: fmt.Sprintf("%d jobs stored, just started", stored), Value: mb(after), Unit: "MB"},
		harness.Row{What: fmt.Sprintf("%d jobs stored, all described (16 connections) and listed", stored), Value: mb(peak), Unit: "MB"}.AtMost(mb(peak), 200, " MB"))
	return nil
}
