// Command jobs measures how many training jobs a second can be described and
// created at 16 connections with 10,000 jobs stored, beside moto's server in
// the same run, and how long a Describe takes at half of the top rate.
//
// Both servers get the same requests from the same generator, in turns
// (A B A B …); the medians of the rounds are quoted. Jobs do real work here, so
// for the comparison the run queue is held by one waiting job: what is created
// is stored durably and queued, and nothing else runs. A last measurement lets
// the jobs run.
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
	stored, rounds, conns int
	seconds               float64
	moto                  bool
}

func (o options) round() time.Duration { return time.Duration(o.seconds * float64(time.Second)) }

func main() {
	var o options
	flag.IntVar(&o.stored, "stored", 10_000, "jobs stored before the measurements")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds of each measurement")
	flag.IntVar(&o.conns, "conns", 16, "connections")
	flag.Float64Var(&o.seconds, "seconds", 5, "length of a round")
	flag.BoolVar(&o.moto, "moto", true, "measure moto's server beside")
	harness.Run("jobs", func(ctx context.Context, dir string, r *harness.Report) error {
		return run(ctx, dir, o, r)
	})
}

func run(ctx context.Context, base string, o options, r *harness.Report) error {
	hold := filepath.Join(base, "hold")
	if err := os.WriteFile(hold, nil, 0o644); err != nil {
		return err
	}
	ours, err := quiet(ctx, filepath.Join(base, "data"), hold, o.stored)
	if err != nil {
		return err
	}
	// The server first: the queued jobs must not start when the waiting one ends.
	defer func() { _ = ours.Stop(); _ = os.Remove(hold) }()
	sides, peer := []*side{{name: "sagebrush", server: ours, most: 15_000}}, &side{name: "moto", most: 1_000}
	if o.moto {
		if peer.server, err = harness.StartMoto(ctx); err != nil {
			return err
		}
		defer func() { _ = peer.server.Stop() }()
		if err := store(ctx, peer.server, o); err != nil {
			return err
		}
		sides = append(sides, peer)
	}
	r.Note("%d jobs stored, %d connections, %d rounds of %g s, alternating; requests signed beforehand", o.stored, o.conns, o.rounds, o.seconds)
	r.Note("SQLite, every create durable (fsync) before its answer; --max-jobs 1 and the one slot held by a waiting job, so created jobs stay queued")
	servers := []*harness.Server{ours}
	for _, s := range sides[1:] {
		servers = append(servers, s.server)
	}
	others := harness.Others(servers...)
	if err := alternate(ctx, o, sides, (*side).describeRound); err != nil {
		return err
	}
	r.Compare("DescribeTrainingJob", 30, sides[0].describe, peer.describe)
	if err := atHalf(ctx, o, sides[0], r, ""); err != nil {
		return err
	}
	if err := alternate(ctx, o, sides, (*side).createRound); err != nil {
		return err
	}
	r.Compare("CreateTrainingJob", 10, sides[0].create, peer.create)
	if err := atHalf(ctx, o, sides[0], r, " with the created jobs queued"); err != nil {
		return err
	}
	r.Note("other programs used %.0f %% of the processors meanwhile", 100*others())
	return whileRunning(ctx, o, filepath.Join(base, "running"), r)
}

// quiet starts our server over stored jobs, with its run queue held.
func quiet(ctx context.Context, dir, hold string, stored int) (*harness.Server, error) {
	s, err := harness.Start(ctx, dir)
	if err != nil {
		return nil, err
	}
	if err := s.Stop(); err != nil {
		return nil, err
	}
	if err := harness.Seed(ctx, dir, stored); err != nil {
		return nil, err
	}
	if s, err = harness.Start(ctx, dir, "--max-jobs", "1"); err != nil {
		return nil, err
	}
	if err := s.HoldQueue(ctx, hold); err != nil {
		return nil, errors.Join(err, s.Stop(), os.Remove(hold))
	}
	return s, nil
}

// store makes moto hold as many jobs.
func store(ctx context.Context, s *harness.Server, o options) error {
	if err := s.MakeBucket(ctx, harness.Bucket); err != nil {
		return err
	}
	requests, err := creates(s, o.stored, harness.JobName)
	if err != nil {
		return err
	}
	l, err := harness.Closed(ctx, s.Addr, o.conns, harness.Once(requests), time.Hour)
	if err == nil && l.N != o.stored {
		err = fmt.Errorf("moto stored %d of %d jobs: %s", l.N, o.stored, l.FirstFailure)
	}
	return err
}

// creates signs n CreateTrainingJob requests.
func creates(s *harness.Server, n int, name func(int) string) ([]harness.Signed, error) {
	return sign(n, func(i int) (harness.Signed, error) {
		return s.Sign("SageMaker.CreateTrainingJob", "sagemaker", harness.JobInput(name(i), harness.Image))
	})
}

// describes signs n DescribeTrainingJob requests of stored jobs.
func describes(s *harness.Server, n int) ([]harness.Signed, error) {
	return sign(n, func(i int) (harness.Signed, error) {
		// A step that shares no factor with the count visits them all, out of order.
		return s.Sign("SageMaker.DescribeTrainingJob", "sagemaker", map[string]string{"TrainingJobName": harness.JobName(i * 7919 % n)})
	})
}

func sign(n int, one func(int) (harness.Signed, error)) ([]harness.Signed, error) {
	out := make([]harness.Signed, n)
	for i := range out {
		var err error
		if out[i], err = one(i); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// side is one of the two servers with what was measured of it.
type side struct {
	name             string
	server           *harness.Server
	most             int // creates a second to be ready for
	describe, create []float64
}

// alternate runs the rounds of one measurement, the sides in turns.
func alternate(ctx context.Context, o options, sides []*side, round func(*side, context.Context, options, int) error) error {
	for i := range o.rounds {
		for _, s := range sides {
			if err := round(s, ctx, o, i); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return nil
}

func (s *side) describeRound(ctx context.Context, o options, _ int) error {
	requests, err := describes(s.server, o.stored)
	if err != nil {
		return err
	}
	l, err := harness.Clean(harness.Closed(ctx, s.server.Addr, o.conns, harness.Cycle(requests), o.round()))
	s.describe = append(s.describe, l.Rate)
	return err
}

func (s *side) createRound(ctx context.Context, o options, round int) error {
	requests, err := creates(s.server, int(float64(s.most)*o.seconds), func(i int) string { return fmt.Sprintf("round-%d-%06d", round, i) })
	if err != nil {
		return err
	}
	l, err := harness.Clean(harness.Closed(ctx, s.server.Addr, o.conns, harness.Once(requests), o.round()))
	s.create = append(s.create, l.Rate)
	return err
}

// atHalf measures the time to an answer at half of the top rate. Only the first
// time, with nothing but the stored jobs, has a target.
func atHalf(ctx context.Context, o options, s *side, r *harness.Report, when string) error {
	rate := harness.Median(s.describe) / 2
	requests, err := describes(s.server, o.stored)
	if err != nil {
		return err
	}
	d := o.round()
	var runs []harness.Load
	for range o.rounds {
		l, err := harness.Clean(harness.Open(ctx, s.server.Addr, o.conns, harness.Cycle(requests), d, rate))
		if err != nil {
			return err
		}
		runs = append(runs, l)
	}
	slices.SortFunc(runs, func(a, b harness.Load) int { return cmp.Compare(a.P99, b.P99) })
	l := runs[len(runs)/2] // the median run
	p99 := harness.Row{What: "the same, p99", Value: harness.Milliseconds(l.P99), Unit: "ms"}
	if when == "" {
		p99 = p99.AtMost(harness.Milliseconds(l.P99), 5, " ms")
	}
	r.Rows = append(r.Rows,
		harness.Row{What: fmt.Sprintf("Describe at %.0f/s (got %.0f/s)%s, p50", rate, l.Rate, when), Value: harness.Milliseconds(l.P50), Unit: "ms"},
		p99,
		harness.Row{What: "the same, slowest", Value: harness.Milliseconds(l.Max), Unit: "ms"})
	return nil
}

// whileRunning measures a server whose jobs run as fast as they can.
func whileRunning(ctx context.Context, o options, dir string, r *harness.Report) error {
	s, err := harness.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = s.Stop() }()
	if err := s.AddImage(harness.Image, "#!/bin/sh\necho done\n"); err != nil {
		return err
	}
	if err := s.MakeBucket(ctx, harness.Bucket); err != nil {
		return err
	}
	requests, err := creates(s, int(15_000*o.seconds), harness.JobName)
	if err != nil {
		return err
	}
	d := o.round()
	l, err := harness.Clean(harness.Closed(ctx, s.Addr, o.conns, harness.Once(requests), d))
	if err != nil {
		return err
	}
	r.Rows = append(r.Rows, harness.Row{What: "CreateTrainingJob while the created jobs run", Value: l.Rate, Unit: "/s"})
	stored := l.N
	if requests, err = describes(s, stored); err != nil {
		return err
	}
	before, err := s.CountJobs(ctx, "InProgress")
	if err != nil {
		return err
	}
	begun := time.Now()
	if l, err = harness.Clean(harness.Closed(ctx, s.Addr, o.conns, harness.Cycle(requests), d)); err != nil {
		return err
	}
	after, err := s.CountJobs(ctx, "InProgress")
	if err != nil {
		return err
	}
	r.Rows = append(r.Rows,
		harness.Row{What: "DescribeTrainingJob while jobs run", Value: l.Rate, Unit: "/s"},
		harness.Row{What: "jobs run from start to end meanwhile", Value: float64(before-after) / time.Since(begun).Seconds(), Unit: "/s"})
	return nil
}
