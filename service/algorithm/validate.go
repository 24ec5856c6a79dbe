package algorithm

import (
	"context"
	"errors"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// step is what an algorithm needs next. It is decided by next alone, from the row.
type step string

const (
	stepBegin    step = "begin"
	stepStart    step = "start a profile"
	stepWatch    step = "watch a profile's job"
	stepComplete step = "complete"
	stepFail     step = "fail"
	stepNone     step = ""
)

// next decides what an algorithm in this state needs, and of which profile. The
// profiles go one after the other, and the first that fails is the last.
func next(a *Algorithm) (step, int) {
	switch {
	case ended(a.Status):
		return stepNone, 0
	case a.Status == sagemaker.AlgorithmStatusPending:
		return stepBegin, 0
	}
	for i, p := range a.Profiles {
		switch p.Status {
		case sagemaker.DetailedAlgorithmStatusNotStarted:
			return stepStart, i
		case sagemaker.DetailedAlgorithmStatusInProgress:
			return stepWatch, i
		case sagemaker.DetailedAlgorithmStatusFailed:
			return stepFail, i
		}
	}
	return stepComplete, 0
}

// maxTries is after how many failures of our own a validation is given up.
const maxTries = 8

// validate takes an algorithm from where it stands to its end. It is the task's
// handler: while a job runs it comes back after a while, and an error makes the
// task be tried again, from the committed state.
func (s *Service) validate(ctx context.Context, t *task.Task) error {
	var w work
	if err := t.Decode(&w); err != nil {
		return task.Cancel(err)
	}
	for {
		again, err := s.advance(ctx, w)
		switch {
		case errors.Is(err, store.ErrStale) || isIllegal(err):
			// The row moved under us, as when two servers thought they had the
			// task: look again.
		case err != nil && ctx.Err() == nil && t.Attempt >= maxTries:
			s.Logger.Error("the validation of an algorithm is given up", "algorithm", w.key(), "error", err)
			return s.giveUp(ctx, w)
		case err != nil:
			return err
		case again == 0:
			return nil
		case again > 0:
			return task.RetryAfter(again, nil)
		}
	}
}

func isIllegal(err error) bool {
	var illegal *kit.IllegalTransitionError
	return errors.As(err, &illegal)
}

// atOnce is the answer of advance after which the next step can be done.
const atOnce time.Duration = -1

// advance does the next step and says when the one after it is due; 0 is never.
func (s *Service) advance(ctx context.Context, w work) (time.Duration, error) {
	var r *row
	var now time.Time
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		now = tx.Now
		r, err = algorithms.Get(tx, w.scope(), w.Name)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	what, at := next(&r.Body)
	switch what {
	case stepBegin:
		return atOnce, s.change(ctx, w, func(r *row, at time.Time) error { return fire(begin, r, at) })
	case stepStart:
		return atOnce, s.change(ctx, w, func(r *row, now time.Time) error {
			return start.Fire(&r.Body.Profiles[at].Status, &r.Body.Profiles[at], now)
		})
	case stepWatch:
		return s.watch(ctx, w, r, at, now)
	case stepComplete:
		return 0, s.change(ctx, w, func(r *row, at time.Time) error { return fire(complete, r, at) })
	case stepFail:
		return 0, s.change(ctx, w, func(r *row, at time.Time) error { return fire(fail, r, at) })
	}
	return 0, nil
}

// watch looks at the profile's job, or starts it when it is not there: the job's
// name was chosen beforehand, so a server that died in between starts none twice.
func (s *Service) watch(ctx context.Context, w work, r *row, at int, now time.Time) (time.Duration, error) {
	p := &r.Body.Profiles[at]
	ctx = asValidator(ctx, r)
	job, err := s.Trainer.DescribeTrainingJob(ctx, &sagemaker.DescribeTrainingJobInput{TrainingJobName: &p.Job})
	if _, unknown := refusal(err); unknown {
		_, err := s.Trainer.CreateTrainingJob(ctx, filledJob(&r.Body.Request, at, p.Job))
		if message, refused := refusal(err); refused && aws.CodeOf(err) != aws.ResourceInUse {
			return atOnce, s.settle(ctx, w, at, "The training job of the profile was refused: "+message)
		} else if err != nil && !refused {
			return 0, err
		}
		s.Logger.Info("a validation job was started", "algorithm", w.key(), "profile", p.Name, "job", p.Job)
		return interval(0), nil
	} else if err != nil {
		return 0, err
	}
	done, reason := outcome(job)
	if !done {
		return interval(now.Sub(p.StartedAt)), nil
	}
	return atOnce, s.settle(ctx, w, at, reason)
}

// interval is when to look at a job again that began so long ago: a short job
// should not be noticed late, a long one is not worth many looks.
func interval(age time.Duration) time.Duration {
	return min(max(age/10, 100*time.Millisecond), 5*time.Second)
}

// asValidator is ctx with the identity that the validation jobs run under
// (CreateAlgorithm-7): the algorithm's own account and region.
func asValidator(ctx context.Context, r *row) context.Context {
	return aws.WithCaller(ctx, aws.Caller{Scope: r.Scope, ARN: aws.Val(r.Body.Request.ValidationSpecification.ValidationRole)})
}

// settle ends a profile; it failed if there is a reason.
func (s *Service) settle(ctx context.Context, w work, at int, reason string) error {
	return s.change(ctx, w, func(r *row, now time.Time) error {
		p, end := &r.Body.Profiles[at], pass
		if reason != "" {
			p.FailureReason, end = reason, miss
		}
		return end.Fire(&p.Status, p, now)
	})
}

// giveUp fails an algorithm that we, not its jobs, cannot bring forward, and
// stops the job that may be running, because nobody waits for it any more.
func (s *Service) giveUp(ctx context.Context, w work) error {
	var abandoned *row
	var job string
	err := s.change(ctx, w, func(r *row, now time.Time) error {
		abandoned, job = r, ""
		for what, at := next(&r.Body); what != stepNone; what, at = next(&r.Body) {
			var err error
			switch what {
			case stepBegin:
				err = fire(begin, r, now)
			case stepStart:
				err = start.Fire(&r.Body.Profiles[at].Status, &r.Body.Profiles[at], now)
			case stepWatch:
				p := &r.Body.Profiles[at]
				p.FailureReason = "InternalServerError: the server could not look after the training job; its log says why."
				err, job = miss.Fire(&p.Status, p, now), p.Job
			case stepFail:
				err = fire(fail, r, now)
			case stepComplete:
				err = fire(complete, r, now)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || job == "" {
		return err
	}
	_, err = s.Trainer.StopTrainingJob(asValidator(ctx, abandoned), &sagemaker.StopTrainingJobInput{TrainingJobName: &job})
	if err != nil {
		s.Logger.Warn("the abandoned validation job could not be stopped", "algorithm", w.key(), "job", job, "error", err)
	}
	return nil
}

// change applies f to the row as it is now, and saves it.
func (s *Service) change(ctx context.Context, w work, f func(r *row, now time.Time) error) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := algorithms.Get(tx, w.scope(), w.Name)
		if err != nil {
			return err
		}
		if err := f(r, tx.Now); err != nil {
			return err
		}
		return algorithms.Update(tx, r)
	})
}
