package training

import (
	"context"
	"encoding/json"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/store"
)

// windDown ends a job that was asked to stop, wherever it stood: the programs
// get SIGTERM and their grace, and what they saved is uploaded.
func (s *Service) windDown(ctx context.Context, w work, r *row) error {
	if started(r) {
		s.assumeStarted(w, r)
		if err := s.stopPrograms(ctx, w, r); err != nil {
			return err
		}
		if err := s.saveResults(ctx, w, r); err != nil {
			s.log(w).Warn("the results of the stopped job could not be uploaded", "error", err)
			if _, final := reasonOf("upload", err); !final {
				return err
			}
		}
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		fresh, err := jobs.Get(tx, r.Scope, r.Name)
		if err != nil || terminal(fresh.Body.Secondary) {
			return err
		}
		fresh.Body.ModelArtifacts, fresh.Body.Metrics = r.Body.ModelArtifacts, r.Body.Metrics
		if err := s.recordMetrics(tx, r); err != nil {
			return err
		}
		return s.finishStopped(tx, fresh)
	})
}

// saveResults uploads what the programs of a job that is stopped have left.
func (s *Service) saveResults(ctx context.Context, w work, r *row) error {
	if err := s.flushSynced(ctx, w, r); err != nil {
		return err
	}
	if err := s.keepCache(w, r); err != nil {
		return err
	}
	return s.uploadResults(ctx, w, r, r.Body.Failure == "")
}

// assumeStarted names the programs that a server may have started and died
// before it saved their handles.
func (s *Service) assumeStarted(w work, r *row) {
	runner := s.runner(&r.Body)
	for i := range r.Body.Hosts {
		if h := &r.Body.Hosts[i]; h.Handle == nil {
			h.Handle = json.RawMessage(runner.HandleOf(w.programID(r.Body.Attempt, h.Name)))
		}
	}
}

// started says whether this attempt of the job reached its programs.
func started(r *row) bool {
	if !r.Body.Claimed {
		return false
	}
	for i := len(r.Body.History) - 1; i >= 0; i-- {
		switch r.Body.History[i].Status {
		case sagemaker.SecondaryStatusTraining:
			return true
		case sagemaker.SecondaryStatusStarting:
			return false
		}
	}
	return false
}
