package training

import (
	"context"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/store"
)

// recheck is how often a step looks whether another server changed the row; on
// this server the change itself wakes the step.
const recheck = 2 * time.Second

// setRunning notes that this server works on w, or with nil that it stopped.
func (s *Service) setRunning(w work, cancel context.CancelCauseFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel == nil {
		delete(s.running, w)
	} else {
		s.running[w] = cancel
	}
}

// wake interrupts the step that this server does for w, if any.
func (s *Service) wake(w work) {
	s.mu.Lock()
	cancel := s.running[w]
	s.mu.Unlock()
	if cancel != nil {
		cancel(errChanged)
	}
}

// watchRow interrupts the step when another server moved the job to Stopping or
// Interrupted. The function it returns ends the watch.
func (s *Service) watchRow(ctx context.Context, w work, cancel context.CancelCauseFunc) func() {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(recheck)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			_ = s.DB.View(ctx, func(tx *store.Tx) error {
				if r, err := jobs.Get(tx, w.scope(), w.Name); err == nil &&
					(r.Body.Secondary == sagemaker.SecondaryStatusStopping || r.Body.Secondary == sagemaker.SecondaryStatusInterrupted) {
					cancel(errChanged)
				}
				return nil
			})
		}
	}()
	return func() { close(done) }
}
