package training

import (
	"context"
	"fmt"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/store"
)

// claim waits for the job's turn on the machine and marks this attempt as begun:
// from here on its times count (DescTJ-5), and one log stream per host exists,
// because clients look for them at once. waits says that it is not its turn yet.
func (s *Service) claim(ctx context.Context, w work, r *row) (waits bool, err error) {
	if err := s.removePrograms(ctx, w, r, r.Body.Attempt-1); err != nil {
		return false, err
	}
	err = s.commit(ctx, r, func(tx *store.Tx) error {
		reused, err := s.reuse(tx, r)
		if err != nil {
			return err
		}
		if !reused {
			mayRun, err := s.enter(tx, r)
			if err != nil {
				return err
			}
			if waits = !mayRun; waits {
				note(r, "%s", s.waitsFor(s.demandOf(&r.Body.Request)))
				return nil
			}
			note(r, "Preparing the instances for training")
		}
		return s.begin(tx, r)
	})
	return waits, err
}

// begin is the beginning of an attempt that has its capacity.
func (s *Service) begin(tx *store.Tx, r *row) error {
	j, at := &r.Body, tx.Now
	j.Claimed, j.AttemptAt = true, &at
	if j.StartedAt == nil {
		j.StartedAt = &at
	}
	if j.Hosts != nil {
		return s.equip(tx, r) // a later attempt: its lines follow the earlier ones' in the same streams
	}
	j.Hosts = hostsOf(&j.Request)
	for i := range j.Hosts {
		h := &j.Hosts[i]
		h.Stream = fmt.Sprintf("%s/%s-%d", r.Name, h.Name, at.Unix())
		if _, err := s.Streams.Create(tx, r.Scope, LogGroup, h.Stream); err != nil {
			return err
		}
	}
	if err := s.equip(tx, r); err != nil {
		return err
	}
	if j.Request.ResourceConfig.KeepAlivePeriodInSeconds != nil && j.Pool == nil {
		j.Pool = &Pool{Status: poolInUse}
	}
	return s.recordComponent(tx, r)
}

// programID names the program of one host in one attempt, for ever.
func (w work) programID(attempt int, host string) string {
	return fmt.Sprintf("training/%s/%d/%s", w.key(), attempt, host)
}

// networkID names what the hosts of one attempt share.
func (w work) networkID(attempt int) string { return fmt.Sprintf("training/%s/%d", w.key(), attempt) }

// removePrograms ends and forgets the programs of an attempt, also those that a
// server started and died before it noted them.
func (s *Service) removePrograms(ctx context.Context, w work, r *row, attempt int) error {
	if attempt < 0 {
		return nil
	}
	runner := s.runner(&r.Body)
	for _, h := range r.Body.Hosts {
		if err := runner.Remove(ctx, runner.HandleOf(w.programID(attempt, h.Name))); ignoreLost(err) != nil {
			return err
		}
	}
	return nil
}

// runner runs the job's programs.
func (s *Service) runner(j *Job) run.Runner {
	if j.Container != "" && s.Containers != nil {
		return s.Containers
	}
	return s.Runner
}
