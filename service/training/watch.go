package training

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/store"
)

// metricTick is how often new log lines are searched for metrics.
const metricTick = 500 * time.Millisecond

// watch waits for the program's end and commits what follows from it.
func (s *Service) watch(ctx context.Context, w work, r *row) error {
	p, err := s.Runner.Attach(ctx, run.Handle(r.Body.Handle))
	if err != nil {
		return s.lost(ctx, r, err)
	}
	scan, err := s.newScanner(ctx, w, r)
	if err != nil {
		return err
	}
	exit, err := s.wait(ctx, p, scan, s.deadline(r))
	if errors.Is(err, errOutOfTime) {
		return s.DB.Update(ctx, func(tx *store.Tx) error {
			fresh, err := jobs.Get(tx, r.Scope, r.Name)
			if err != nil {
				return err
			}
			return s.askToStop(tx, fresh, StopMaxRuntime)
		})
	} else if err != nil {
		return s.lost(ctx, r, err)
	}
	return s.commit(ctx, r, func(tx *store.Tx) error {
		r.Body.Metrics = scan.last()
		if !exit.OK() {
			r.Body.Failure = exitReason(exit, s.mlDir(w), scan.path, s.limits(&r.Body.Request).MemoryBytes)
		}
		return fire(upload, r, tx.Now, "Uploading generated training model")
	})
}

// lost fails a job whose program vanished without a record of its end, and hands
// other errors on.
func (s *Service) lost(ctx context.Context, r *row, err error) error {
	if !errors.Is(err, run.ErrLost) {
		return err
	}
	return s.fail(ctx, r, "InternalServerError: the program and the record of its end are gone, as after a restart of the machine. Start the job again under another name.")
}

// errOutOfTime says that MaxRuntimeInSeconds passed before the program ended.
var errOutOfTime = errors.New("training: out of time")

// deadline is when the job has run for MaxRuntimeInSeconds (CreateTrainingJob-27).
func (s *Service) deadline(r *row) time.Time {
	start := r.CreatedAt
	if r.Body.StartedAt != nil {
		start = *r.Body.StartedAt
	}
	return start.Add(time.Duration(*r.Body.Request.StoppingCondition.MaxRuntimeInSeconds) * time.Second)
}

// wait waits for the program's end and searches its log meanwhile.
func (s *Service) wait(ctx context.Context, p run.Process, scan *scanner, deadline time.Time) (run.Exit, error) {
	type outcome struct {
		exit run.Exit
		err  error
	}
	waitCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan outcome, 1)
	go func() {
		exit, err := p.Wait(waitCtx)
		ended <- outcome{exit, err}
	}()
	tick := time.NewTicker(metricTick)
	defer tick.Stop()
	timer := time.NewTimer(deadline.Sub(s.Now()))
	defer timer.Stop()
	for {
		select {
		case o := <-ended:
			if o.err != nil {
				return o.exit, o.err
			}
			return o.exit, scan.advance(ctx, true)
		case <-tick.C:
			if err := scan.advance(ctx, false); err != nil {
				return run.Exit{}, fmt.Errorf("metrics: %w", err)
			}
		case <-timer.C:
			return run.Exit{}, errOutOfTime
		}
	}
}

// stopProgram ends the program of a stopping job and waits until it is gone.
func (s *Service) stopProgram(ctx context.Context, w work, r *row) error {
	p, err := s.Runner.Attach(ctx, run.Handle(r.Body.Handle))
	if errors.Is(err, run.ErrLost) {
		return nil
	} else if err != nil {
		return err
	}
	if err := p.Stop(ctx, stopGrace); err != nil {
		return err
	}
	scan, err := s.newScanner(ctx, w, r)
	if err != nil {
		return err
	}
	// A second bound is not needed: the runner kills at the end of the grace.
	if _, err := s.wait(ctx, p, scan, s.Now().Add(24*time.Hour)); err != nil && !errors.Is(err, run.ErrLost) {
		return err
	}
	r.Body.Metrics = scan.last()
	return nil
}
