package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
	"github.com/sagebrush/sagebrush/store"
)

// rounds of the writes, with and without the index in turns.
const rounds = 3

// cost is what one round of writes took.
type cost struct {
	// create and stop are the wall time of a call, cpu the server's processor time
	// for both and all that they cause, the index included.
	create, stop, cpu float64
}

// writes measures jobs that are created and stopped, each 16 at a time, on a
// server that keeps a search index and on one that does not, and what the
// processors did until nothing was left to do.
func writes(ctx context.Context, o options, p place, base string, r *harness.Report) error {
	var with, without []cost
	for i := range rounds {
		for _, side := range []struct {
			list  *[]cost
			flags []string
		}{{&with, nil}, {&without, []string{"--search=false"}}} {
			h, err := p.home(ctx, filepath.Join(base, fmt.Sprintf("writes-%s-%d-%t", p.name, i, side.flags == nil)))
			if err != nil {
				return err
			}
			c, err := round(ctx, o, h, side.flags)
			if err = errors.Join(err, h.drop()); err != nil {
				return err
			}
			*side.list = append(*side.list, c)
		}
	}
	add := func(what string, of func(cost) float64) {
		median := func(list []cost) float64 {
			values := make([]float64, len(list))
			for i, c := range list {
				values[i] = of(c)
			}
			return harness.Median(values)
		}
		a, b := median(with), median(without)
		row := harness.Row{What: p.name + ": " + what + ", with the index; peer is without", Value: a, Peer: b, Ratio: a / b, Unit: "µs"}
		r.Rows = append(r.Rows, row.AtMost(a/b, 1.3, "×"))
	}
	r.Note("%s, writes: %d jobs with %d hyperparameters created and then stopped while they wait, 16 connections, medians of %d rounds, sides in turns; ratio is with over without the index", p.name, o.writes, hyperparameters, rounds)
	add("time to create a job", func(c cost) float64 { return c.create })
	add("time to answer a stop", func(c cost) float64 { return c.stop })
	add("processor time for both, until all jobs are stopped and packed", func(c cost) float64 { return c.cpu })
	return nil
}

func round(ctx context.Context, o options, h home, flags []string) (c cost, err error) {
	s, err := h.start(ctx, append([]string{"--max-jobs", "1"}, flags...)...)
	if err != nil {
		return c, err
	}
	hold := h.dir + "-hold"
	defer func() { _ = s.Stop(); _ = os.Remove(hold) }()
	if err := os.WriteFile(hold, nil, 0o600); err != nil {
		return c, err
	}
	if err := s.HoldQueue(ctx, hold); err != nil {
		return c, err
	}
	creates, stops := make([]harness.Signed, o.writes), make([]harness.Signed, o.writes)
	for i := range creates {
		in := harness.JobInput(fmt.Sprintf("write-%06d", i), harness.Image)
		in.HyperParameters = parameters(i)
		if creates[i], err = s.Sign("SageMaker.CreateTrainingJob", "sagemaker", in); err != nil {
			return c, err
		}
		if stops[i], err = s.Sign("SageMaker.StopTrainingJob", "sagemaker", map[string]string{"TrainingJobName": *in.TrainingJobName}); err != nil {
			return c, err
		}
	}
	before := s.Processor()
	for _, side := range []struct {
		requests []harness.Signed
		each     *float64
	}{{creates, &c.create}, {stops, &c.stop}} {
		l, err := harness.Clean(harness.Closed(ctx, s.Addr, 16, harness.Once(side.requests), 10*time.Minute))
		if err != nil {
			return c, err
		}
		if l.N != o.writes {
			return c, fmt.Errorf("%d of %d requests were answered", l.N, o.writes)
		}
		*side.each = l.Elapsed.Seconds() * 1e6 / float64(l.N)
	}
	if err := stopped(ctx, h.url); err != nil {
		return c, err
	}
	if flags == nil {
		if err := settled(ctx, h.url); err != nil {
			return c, err
		}
	}
	c.cpu = (s.Processor() - before).Seconds() * 1e6 / float64(o.writes)
	return c, nil
}

// stopped waits until all jobs but the one that holds the queue have ended: a stop
// is answered before.
func stopped(ctx context.Context, database string) error {
	db, err := store.Open(ctx, database, store.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	for ctx.Err() == nil {
		n := 0
		err := db.View(ctx, func(tx *store.Tx) error {
			return tx.QueryRow("SELECT count(*) FROM resource WHERE kind = 'training-job' AND status <> 'Stopped'").Scan(&n)
		})
		if err != nil || n <= 1 {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return ctx.Err()
}
