// Command search measures Search over 100,000 training jobs with 30
// hyperparameters and 10 metrics each: how long 20 different expressions take, how
// long the index needs for jobs that were there before it, what the index costs
// writers, and how long MLflow takes for the same runs and the queries that it can
// express.
//
// It needs bin/sagebrush. With -postgres URL all of it is measured on PostgreSQL
// as well as on SQLite; with -mlflow PYTHON, an interpreter that has MLflow, the
// peer is measured.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// options of a run.
type options struct {
	jobs, rounds, writes int
	postgres, mlflow     string
}

func main() {
	var o options
	flag.IntVar(&o.jobs, "jobs", 100_000, "training jobs stored: more than 12345, which one expression asks for, or 0 to leave the searches out")
	flag.IntVar(&o.rounds, "rounds", 50, "times that each expression is asked")
	flag.IntVar(&o.writes, "writes", 2_000, "jobs created to measure the cost of writes, 0 for none")
	flag.StringVar(&o.postgres, "postgres", os.Getenv("SAGEBRUSH_TEST_POSTGRES"), "URL of a PostgreSQL whose user may create databases, empty for none")
	flag.StringVar(&o.mlflow, "mlflow", "", "a Python with MLflow, to measure it beside")
	harness.Run("search", func(ctx context.Context, dir string, r *harness.Report) error {
		return run(ctx, dir, o, r)
	})
}

func run(ctx context.Context, base string, o options, r *harness.Report) error {
	places := []place{{name: "SQLite"}}
	r.Note("%d jobs, %d hyperparameters and %d metrics each; pages of %d; every expression once and then %d times, one after the other", o.jobs, hyperparameters, metrics, page, o.rounds)
	if o.postgres == "" {
		r.Note("PostgreSQL is left out: none was given with -postgres")
	} else {
		places = append(places, place{"PostgreSQL", o.postgres})
	}
	for _, p := range places {
		if o.jobs > 0 {
			if err := searches(ctx, o, p, filepath.Join(base, p.name), r); err != nil {
				return err
			}
		}
		if o.mlflow != "" && p.postgres == "" { // it keeps its runs in SQLite, too
			if err := beside(ctx, o, filepath.Join(base, "mlflow.db"), r); err != nil {
				return err
			}
		}
	}
	for _, p := range places {
		if o.writes > 0 {
			if err := writes(ctx, o, p, base, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// searches measures the expressions.
func searches(ctx context.Context, o options, p place, dir string, r *harness.Report) (err error) {
	h, err := p.home(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.drop()) }()
	if err := seed(ctx, o, h); err != nil {
		return err
	}
	s, err := h.start(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = s.Stop() }()
	begun, ready := time.Now(), s.Ready
	if err := settled(ctx, h.url); err != nil {
		return err
	}
	r.Rows = append(r.Rows,
		harness.Row{What: fmt.Sprintf("%s: start with %d jobs that have no index yet", p.name, o.jobs), Value: harness.Milliseconds(ready), Unit: "ms"},
		harness.Row{What: "until they are all packed", Value: time.Since(begun).Seconds(), Unit: "s"})
	if err := s.Stop(); err != nil {
		return err
	}
	if s, err = h.start(ctx); err != nil {
		return err
	}
	r.Rows = append(r.Rows, harness.Row{What: p.name + ": start with the index", Value: harness.Milliseconds(s.Ready), Unit: "ms"}.AtMost(harness.Milliseconds(s.Ready), 1000, " ms"))
	others := harness.Others(s)
	var all []time.Duration
	slowest, what := time.Duration(0), ""
	for _, e := range expressions() {
		first, err := ask(ctx, s, e)
		if err != nil {
			return err
		}
		var times []time.Duration
		for range o.rounds {
			took, err := ask(ctx, s, e)
			if err != nil {
				return err
			}
			times = append(times, took)
		}
		all = append(all, times...)
		slices.Sort(times)
		if p99 := at(times, 0.99); p99 > slowest {
			slowest, what = p99, e.what
		}
		r.Rows = append(r.Rows, harness.Row{What: fmt.Sprintf("%s: %s (first asked: %.1f ms), median", p.name, e.what, harness.Milliseconds(first)), Value: harness.Milliseconds(at(times, 0.5)), Unit: "ms"})
	}
	slices.Sort(all)
	p99 := harness.Milliseconds(at(all, 0.99))
	r.Rows = append(r.Rows,
		harness.Row{What: p.name + ": all expressions, p50", Value: harness.Milliseconds(at(all, 0.5)), Unit: "ms"},
		harness.Row{What: p.name + ": all expressions, p99", Value: p99, Unit: "ms"}.AtMost(p99, 50, " ms"),
		harness.Row{What: p.name + ": the slowest expression (" + what + "), p99", Value: harness.Milliseconds(slowest), Unit: "ms"})
	rss, err := s.RSS()
	if err != nil {
		return err
	}
	r.Rows = append(r.Rows, harness.Row{What: p.name + ": resident memory after all of them", Value: float64(rss) / 1e6, Unit: "MB"})
	r.Note("%s: other programs used %.0f %% of the processors while expressions were asked", p.name, 100*others())
	return nil
}

// ask runs one expression and checks that it finds what it should.
func ask(ctx context.Context, s *harness.Server, e expression) (time.Duration, error) {
	var out struct {
		Results []struct {
			TrainingJob struct{ TrainingJobName string }
		}
	}
	begun := time.Now()
	err := s.Call(ctx, "SageMaker.Search", "sagemaker", e.request(), &out)
	took := time.Since(begun)
	if err == nil && (len(out.Results) == 0) != e.none {
		err = fmt.Errorf("%s: %d results", e.what, len(out.Results))
	}
	return took, err
}

// at is a quantile of sorted times.
func at[T cmp.Ordered](sorted []T, q float64) T {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
