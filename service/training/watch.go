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

// peerGrace is how long the other hosts of a job may take to end once one of
// them failed.
const peerGrace = 10 * time.Second

// watch waits for the end of all hosts' programs and commits what follows from it.
func (s *Service) watch(ctx context.Context, w work, r *row) error {
	programs, err := s.attach(ctx, r)
	if err != nil {
		return s.lost(ctx, r, err)
	}
	scan, err := s.newScanner(ctx, r)
	if err != nil {
		return err
	}
	end := s.accompany(ctx, w, r, programs)
	outcomes, err := s.wait(ctx, programs, scan, s.deadline(r))
	if err := end(outcomes); err != nil {
		s.log(w).Warn("what goes along with the programs failed", "error", err)
	}
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
	failure, err := s.failureOf(w, r, outcomes, scan)
	if err != nil {
		return err
	}
	return s.commit(ctx, r, func(tx *store.Tx) error {
		r.Body.Metrics, r.Body.Failure = scan.last(), failure
		if at := tx.Now; failure != "" {
			r.Body.FailedAt = &at
		}
		return fire(upload, r, tx.Now, "Uploading generated training model")
	})
}

// attach finds the programs of all hosts.
func (s *Service) attach(ctx context.Context, r *row) ([]run.Process, error) {
	runner, programs := s.runner(&r.Body), make([]run.Process, len(r.Body.Hosts))
	for i, h := range r.Body.Hosts {
		p, err := runner.Attach(ctx, run.Handle(h.Handle))
		if err != nil {
			return nil, err
		}
		programs[i] = p
	}
	return programs, nil
}

// lost fails a job one of whose programs vanished without a record of its end,
// and hands other errors on.
func (s *Service) lost(ctx context.Context, r *row, err error) error {
	if !errors.Is(err, run.ErrLost) {
		return err
	}
	return s.fail(ctx, r, internalError+"the program and the record of its end are gone, as after a restart of the machine. Start the job again under another name, or give it a RetryStrategy.")
}

// errOutOfTime says that MaxRuntimeInSeconds passed before the programs ended.
var errOutOfTime = errors.New("training: out of time")

// deadline is when the job's attempts have run for MaxRuntimeInSeconds together
// (CreateTrainingJob-13, -27).
func (s *Service) deadline(r *row) time.Time {
	start := r.CreatedAt
	if r.Body.AttemptAt != nil {
		start = *r.Body.AttemptAt
	}
	return start.Add(time.Duration(*r.Body.Request.StoppingCondition.MaxRuntimeInSeconds)*time.Second - r.Body.Ran)
}

// outcome is how one host's program ended.
type outcome struct {
	host int
	exit run.Exit
	err  error
}

// wait waits for the end of all programs and searches their logs meanwhile. One
// that fails takes the others with it: a job fails when one host fails
// (TrainContainer-7). The outcomes are in the order in which the programs ended.
func (s *Service) wait(ctx context.Context, programs []run.Process, scan *scanner, deadline time.Time) ([]outcome, error) {
	waitCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan outcome, len(programs))
	for i, p := range programs {
		go func() {
			exit, err := p.Wait(waitCtx)
			ended <- outcome{i, exit, err}
		}()
	}
	tick := time.NewTicker(metricTick)
	defer tick.Stop()
	timer := time.NewTimer(deadline.Sub(s.Now()))
	defer timer.Stop()
	var outcomes []outcome
	var failed error
	for len(outcomes) < len(programs) {
		select {
		case o := <-ended:
			outcomes = append(outcomes, o)
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if o.err != nil && failed == nil {
				failed = o.err
			}
			if o.err != nil || !o.exit.OK() {
				s.endPeers(ctx, programs, o.host)
			}
		case <-tick.C:
			if err := scan.advance(ctx, false); err != nil {
				return nil, fmt.Errorf("metrics: %w", err)
			}
		case <-timer.C:
			return nil, errOutOfTime
		}
	}
	if failed != nil {
		return nil, failed
	}
	return outcomes, scan.advance(ctx, true)
}

// endPeers stops the other programs of a job whose host failed. Those that have
// ended already are not harmed by it; one that cannot be stopped now is stopped
// when the job's remains are removed.
func (s *Service) endPeers(ctx context.Context, programs []run.Process, failed int) {
	for i, p := range programs {
		if i == failed {
			continue
		}
		if err := p.Stop(ctx, peerGrace); err != nil && ctx.Err() == nil {
			s.Logger.Warn("the program of another host could not be stopped", "host", i+1, "error", err)
		}
	}
}

// failureOf is the reason of a job one of whose hosts failed, "" when all ended
// well and had all their data. The first to fail tells it: the others were stopped
// for it.
func (s *Service) failureOf(w work, r *row, outcomes []outcome, scan *scanner) (string, error) {
	data, fatal, err := s.dataFailure(w, r)
	if err != nil || fatal {
		return data, err
	}
	for _, o := range outcomes {
		if o.exit.OK() {
			continue
		}
		if data != "" {
			return data, nil // it explains why the program failed
		}
		host := r.Body.Hosts[o.host]
		reason := exitReason(o.exit, s.mlDir(w, host.Name), scan.tails[o.host].path, s.limits(&r.Body.Request, host))
		if len(r.Body.Hosts) > 1 {
			reason += " (host " + host.Name + ")"
		}
		return reason, nil
	}
	return "", nil
}

// stopPrograms ends the programs of all hosts and waits until they are gone.
func (s *Service) stopPrograms(ctx context.Context, w work, r *row) error {
	programs, err := s.attach(ctx, r)
	if errors.Is(err, run.ErrLost) {
		// Some may live: whatever is left is ended without its grace.
		return s.removePrograms(ctx, w, r, r.Body.Attempt)
	} else if err != nil {
		return err
	}
	for _, p := range programs {
		if err := p.Stop(ctx, s.StopGrace); err != nil {
			return err
		}
	}
	scan, err := s.newScanner(ctx, r)
	if err != nil {
		return err
	}
	end := s.accompany(ctx, w, r, programs)
	// A second bound is not needed: the runner kills at the end of the grace.
	outcomes, err := s.wait(ctx, programs, scan, s.Now().Add(24*time.Hour))
	if err := end(outcomes); err != nil {
		s.log(w).Warn("what goes along with the programs failed", "error", err)
	}
	if ignoreLost(err) != nil {
		return err
	}
	r.Body.Metrics = scan.last()
	return nil
}
