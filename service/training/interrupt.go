package training

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Interrupt takes the capacity of a spot job away, as AWS does when it needs it
// itself (CreateTrainingJob-24): the programs get SIGTERM and their grace, what
// they keep as checkpoints is safe in S3, and the job queues for its next
// attempt. It refuses jobs that do not run on spot capacity, or do not run.
func (s *Service) Interrupt(ctx context.Context, scope aws.Scope, name string) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := load(tx, scope, name)
		switch {
		case err != nil:
			return err
		case !r.Body.spot():
			return aws.Invalid("The training job %q does not use managed spot training (EnableManagedSpotTraining), so its capacity cannot be reclaimed.", name)
		case r.Body.Secondary != sagemaker.SecondaryStatusTraining:
			return aws.Invalid("The training job %q cannot be interrupted while its status is %s; it has to be Training.", name, r.Body.Secondary)
		}
		if err := fire(interrupt, r, tx.Now, "Training job interrupted: its spot capacity was reclaimed"); err != nil {
			return err
		}
		w := workOf(r)
		tx.OnCommit(func() { s.wake(w) })
		return jobs.Update(tx, r)
	})
}

// reclaim ends the programs of an interrupted job, saves its checkpoints, and
// lets it queue again.
func (s *Service) reclaim(ctx context.Context, w work, r *row) error {
	s.assumeStarted(w, r)
	if err := s.stopPrograms(ctx, w, r); err != nil {
		return err
	}
	if err := s.flushSynced(ctx, w, r); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		fresh, err := jobs.Get(tx, r.Scope, r.Name)
		if err != nil {
			return err
		}
		fresh.Body.Metrics = r.Body.Metrics
		if err := fire(restart, fresh, tx.Now, "Starting the training job again after an interruption"); err != nil {
			return err
		}
		if err := jobs.Update(tx, fresh); err != nil {
			return err
		}
		return s.free(tx, fresh)
	})
}
