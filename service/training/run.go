package training

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// errChanged interrupts a step because the job's row changed under it: it was
// asked to stop, or its spot capacity was reclaimed.
var errChanged = errors.New("training: the job was changed by somebody else")

func workOf(r *row) work                   { return work{r.Scope.Account, r.Scope.Region, r.Name} }
func (w work) scope() aws.Scope            { return aws.Scope{Account: w.Account, Region: w.Region} }
func (w work) key() string                 { return w.Account + "/" + w.Region + "/" + w.Name }
func (s *Service) log(w work) *slog.Logger { return s.Logger.With("job", w.key()) }

// step is what a job needs next. It is decided by next alone, from the row.
type step string

const (
	stepClaim    step = "claim"
	stepPrepare  step = "prepare"
	stepDownload step = "download"
	stepLaunch   step = "launch"
	stepWatch    step = "watch"
	stepReclaim  step = "reclaim"
	stepUpload   step = "upload"
	stepWindDown step = "wind down"
	stepClean    step = "clean up"
)

// next decides what a job in this state needs. It is the whole life cycle; every
// step ends in a transition that makes next decide differently, or in an error.
func next(j *Job) step {
	switch {
	case terminal(j.Secondary):
		return stepClean
	case j.Secondary == sagemaker.SecondaryStatusStopping:
		return stepWindDown
	case !j.Claimed:
		return stepClaim
	}
	switch j.Secondary {
	case sagemaker.SecondaryStatusStarting:
		return stepPrepare
	case sagemaker.SecondaryStatusDownloading:
		return stepDownload
	case sagemaker.SecondaryStatusTraining:
		if j.launched() {
			return stepWatch
		}
		return stepLaunch
	case sagemaker.SecondaryStatusInterrupted:
		return stepReclaim
	}
	return stepUpload
}

// launched says whether the programs of this attempt have been started.
func (j *Job) launched() bool { return len(j.Hosts) > 0 && j.Hosts[0].Handle != nil }

// run takes a job from where it stands to its end. It is the handler of the
// job's task: an error makes the task be tried again, from the committed state.
func (s *Service) run(ctx context.Context, t *task.Task) error {
	var w work
	if err := t.Decode(&w); err != nil {
		return task.Cancel(err)
	}
	for {
		done, err := s.runStep(ctx, w)
		switch {
		case done:
			return nil
		case errors.Is(err, errChanged) || errors.Is(err, store.ErrStale) || isIllegal(err):
			continue // the row moved under us: look again
		case err != nil && ctx.Err() == nil && t.Attempt >= maxTries-1:
			s.log(w).Error("the job is given up", "error", err)
			return s.giveUp(ctx, w)
		case err != nil:
			return err
		}
	}
}

// maxTries is after how many failures in a row of our own a job is given up.
const maxTries = 8

// giveUp ends a job that we, not its program, cannot bring forward.
func (s *Service) giveUp(ctx context.Context, w work) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := jobs.Get(tx, w.scope(), w.Name)
		if err != nil || terminal(r.Body.Secondary) {
			return err
		}
		if r.Body.Secondary == sagemaker.SecondaryStatusStopping {
			return s.finishStopped(tx, r)
		}
		return s.failed(tx, r, "InternalServerError: the server could not bring the job forward; its log says why.")
	})
}

func isIllegal(err error) bool {
	var illegal *kit.IllegalTransitionError
	return errors.As(err, &illegal)
}

// runStep does the job's next step, interrupted when the row changes meanwhile.
func (s *Service) runStep(ctx context.Context, w work) (done bool, err error) {
	stepCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// Register before loading, so that no change falls between the two.
	s.setRunning(w, cancel)
	defer s.setRunning(w, nil)
	var r *row
	err = s.DB.View(ctx, func(tx *store.Tx) (err error) {
		r, err = jobs.Get(tx, w.scope(), w.Name)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	} else if err != nil {
		return false, err
	}
	now := next(&r.Body)
	if now != stepClean && now != stepWindDown && now != stepReclaim {
		defer s.watchRow(stepCtx, w, cancel)()
	}
	switch now {
	case stepClean:
		return true, s.cleanUp(ctx, w, r)
	case stepWindDown:
		return false, s.windDown(ctx, w, r)
	case stepClaim:
		var waits bool
		if waits, err = s.claim(stepCtx, w, r); waits && err == nil {
			return true, nil // whoever frees capacity adds the task again
		}
	case stepPrepare:
		err = s.prepare(stepCtx, w, r)
	case stepDownload:
		err = s.bringData(stepCtx, w, r)
	case stepLaunch:
		err = s.launch(stepCtx, w, r)
	case stepWatch:
		err = s.watch(stepCtx, w, r)
	case stepReclaim:
		err = s.reclaim(ctx, w, r)
	case stepUpload:
		err = s.finish(stepCtx, w, r)
	}
	if err == nil {
		return false, nil
	}
	if cause := context.Cause(stepCtx); errors.Is(cause, errChanged) {
		return false, errChanged
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if errors.As(err, new(*dataError)) {
		now = stepDownload
	}
	if reason, ok := reasonOf(doing(now), err); ok {
		s.log(w).Info("the job fails", "step", now, "error", err)
		return false, s.fail(ctx, r, reason)
	}
	return false, fmt.Errorf("%s: %w", now, err)
}

// doing says in a failure reason what could not be done.
func doing(now step) string {
	switch now {
	case stepClaim:
		return "the instances could not be prepared"
	case stepPrepare:
		return "the image could not be prepared"
	case stepDownload:
		return "data download failed"
	case stepWatch:
		return "the running program could not be followed"
	case stepUpload:
		return "the upload of the results failed"
	}
	return "the program could not be started"
}

// commit saves the row after change, with the row's own revision as guard.
func (s *Service) commit(ctx context.Context, r *row, change func(tx *store.Tx) error) error {
	fresh := *r
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		// The function may be run again, on what it was given.
		*r = fresh
		r.Body.History = slices.Clone(fresh.Body.History)
		r.Body.Hosts = slices.Clone(fresh.Body.Hosts)
		if err := change(tx); err != nil {
			return err
		}
		return jobs.Update(tx, r)
	})
}

// fail is the last transition of a job that cannot go on, or the retry that its
// RetryStrategy grants.
func (s *Service) fail(ctx context.Context, r *row, reason string) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		fresh := *r
		fresh.Body.History = slices.Clone(r.Body.History)
		fresh.Body.Hosts = slices.Clone(r.Body.Hosts)
		return s.failed(tx, &fresh, reason)
	})
}

// failed moves a job to Failed. A failure of ours, not of its program or its
// request, is tried again instead as often as RetryStrategy says
// (CreateTrainingJob-26).
func (s *Service) failed(tx *store.Tx, r *row, reason string) error {
	if strategy := r.Body.Request.RetryStrategy; strategy != nil && r.Body.Retries < int(*strategy.MaximumRetryAttempts) &&
		strings.HasPrefix(reason, internalError) {
		r.Body.Retries++
		message := fmt.Sprintf("Retry %d of %d after: %s", r.Body.Retries, *strategy.MaximumRetryAttempts, reason)
		if err := fire(retry, r, tx.Now, clip(message)); err != nil {
			return err
		}
		if err := jobs.Update(tx, r); err != nil {
			return err
		}
		return s.free(tx, r)
	}
	r.Body.FailureReason = clip(reason)
	if err := fire(fail, r, tx.Now, "Training job failed"+r.Body.bill(r.Body.failedAt(tx.Now))); err != nil {
		return err
	}
	return s.ended(tx, r)
}

// ended saves a job that reached its last status and gives back what it held:
// its capacity, at once or after the time of its warm pool.
func (s *Service) ended(tx *store.Tx, r *row) error {
	if err := s.retain(tx, r); err != nil {
		return err
	}
	return jobs.Update(tx, r)
}
