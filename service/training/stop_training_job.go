package training

import (
	"context"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// StopTrainingJob asks a job to end (StopTrainingJob-1): SIGTERM, the grace that
// the server is set to (StopGrace), SIGKILL, and what it saved is uploaded. A job
// that is stopping already is left alone; one that has ended refuses
// (StopTrainingJob-2).
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
		if err := s.finishStopped(tx, r); err != nil || r.Body.Attempt == 0 {
			return err
		}
		// An earlier attempt left its remains.
		return s.Tasks.Add(tx, task.Spec{Kind: taskRun, Key: w.key(), Payload: w})
	})
}

// limit is the payload of a task that ends a job at a limit of its
// StoppingCondition.
type limit struct {
	Work  work
	Cause StopCause
}

// addLimits adds the tasks that enforce a new job's limits on waiting:
// MaxPendingTimeInSeconds bounds the time until the job begins
// (CreateTrainingJob-14), MaxWaitTimeInSeconds a spot job's whole life, waiting
// included (CreateTrainingJob-12).
func (s *Service) addLimits(tx *store.Tx, r *row) error {
	w, c := workOf(r), r.Body.Request.StoppingCondition
	for cause, seconds := range map[StopCause]*int32{StopMaxPending: c.MaxPendingTimeInSeconds, StopMaxWait: c.MaxWaitTimeInSeconds} {
		if seconds == nil {
			continue
		}
		err := s.Tasks.Add(tx, task.Spec{
			Kind: taskLimit, Key: w.key() + "/" + string(cause), Payload: limit{w, cause},
			RunAt: tx.Now.Add(time.Duration(*seconds) * time.Second),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// endAtLimit stops a job at its limit.
func (s *Service) endAtLimit(ctx context.Context, t *task.Task) error {
	var l limit
	if err := t.Decode(&l); err != nil {
		return task.Cancel(err)
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := jobs.Get(tx, l.Work.scope(), l.Work.Name)
		switch {
		case err != nil:
			return err
		case primary(r.Body.Secondary) != sagemaker.TrainingJobStatusInProgress:
			return nil
		case l.Cause == StopMaxPending && r.Body.StartedAt != nil:
			return nil
		case r.Body.Secondary == sagemaker.SecondaryStatusUploading:
			return nil // it has done its work
		}
		return s.askToStop(tx, r, l.Cause)
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
	case StopMaxWait:
		last, message = waitedTooLong, "Training job stopped because it took longer than MaxWaitTimeInSeconds"
	}
	if err := fire(last, r, tx.Now, message+r.Body.bill(tx.Now)); err != nil {
		return err
	}
	return s.ended(tx, r)
}
