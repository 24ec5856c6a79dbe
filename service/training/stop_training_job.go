package training

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// StopTrainingJob asks a job to end (StopTrainingJob-1): SIGTERM, 120 s of
// grace, SIGKILL, and what it saved is uploaded. A job that is stopping already
// is left alone; one that has ended refuses (StopTrainingJob-2).
func (s *Service) StopTrainingJob(ctx context.Context, in *sagemaker.StopTrainingJobInput) (*sagemaker.StopTrainingJobOutput, error) {
	scope, name := aws.ScopeFrom(ctx), *in.TrainingJobName
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := load(tx, scope, name)
		switch {
		case err != nil:
			return err
		case terminal(r.Body.Secondary):
			return aws.Invalid("The request was rejected because the training job is in status %s.", r.Status)
		case r.Body.Secondary == sagemaker.SecondaryStatusStopping:
			return nil
		}
		return s.askToStop(tx, r, StopRequested)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.StopTrainingJobOutput{}, nil
}

// askToStop moves the row to Stopping and sees to it that somebody acts on it:
// the server that works on the job, or the release task when none does yet.
func (s *Service) askToStop(tx *store.Tx, r *row, cause StopCause) error {
	r.Body.StopCause = cause
	if err := fire(stop, r, tx.Now, "Stopping the training job"); err != nil {
		return err
	}
	if err := jobs.Update(tx, r); err != nil {
		return err
	}
	w := workOf(r)
	tx.OnCommit(func() { s.wake(w) })
	if r.Body.Claimed {
		return nil
	}
	return s.Tasks.Add(tx, task.Spec{Kind: taskRelease, Key: w.key(), Payload: w})
}

// release ends a stopped job that no server had begun to work on: it need not
// wait for its turn in the queue to learn that it will not run.
func (s *Service) release(ctx context.Context, t *task.Task) error {
	var w work
	if err := t.Decode(&w); err != nil {
		return task.Cancel(err)
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := jobs.Get(tx, w.scope(), w.Name)
		if err != nil || r.Body.Claimed || r.Body.Secondary != sagemaker.SecondaryStatusStopping {
			return err
		}
		return s.finishStopped(tx, r)
	})
}

// endPending stops a job that nobody began within MaxPendingTimeInSeconds
// (CreateTrainingJob-14).
func (s *Service) endPending(ctx context.Context, t *task.Task) error {
	var w work
	if err := t.Decode(&w); err != nil {
		return task.Cancel(err)
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := jobs.Get(tx, w.scope(), w.Name)
		if err != nil || r.Body.Claimed || r.Body.Secondary != sagemaker.SecondaryStatusStarting {
			return err
		}
		return s.askToStop(tx, r, StopMaxPending)
	})
}

// finishStopped is the last transition of a job that was asked to stop.
func (s *Service) finishStopped(tx *store.Tx, r *row) error {
	last, message := stopped, "Training job stopped"
	switch r.Body.StopCause {
	case StopMaxRuntime:
		last, message = outOfTime, "Training job stopped because it ran longer than MaxRuntimeInSeconds"
	case StopMaxPending:
		message = "Training job stopped because it waited longer than MaxPendingTimeInSeconds"
	}
	if err := fire(last, r, tx.Now, message); err != nil {
		return err
	}
	return jobs.Update(tx, r)
}
