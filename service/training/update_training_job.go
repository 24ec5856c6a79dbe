package training

import (
	"context"
	"errors"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/task"
)

// UpdateTrainingJob changes a running job's profiler, or how long its instances
// are kept warm (UpdateTrainingJob-1). A new time to keep them counts from the
// moment of the update when the pool is waiting already; 0 ends it at once.
func (s *Service) UpdateTrainingJob(ctx context.Context, in *sagemaker.UpdateTrainingJobInput) (*sagemaker.UpdateTrainingJobOutput, error) {
	if len(in.ProfilerRuleConfigurations) > 0 {
		return nil, unsupported("ProfilerRuleConfigurations", "profiler rules")
	}
	if p := in.ProfilerConfig; p != nil {
		if err := checkProfiler(p.S3OutputPath, p.ProfilingIntervalInMilliseconds, p.ProfilingParameters, p.DisableProfiler); err != nil {
			return nil, err
		}
	}
	scope := aws.ScopeFrom(ctx)
	var r *row
	err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if r, err = jobs.Get(tx, scope, *in.TrainingJobName); errors.Is(err, store.ErrNotFound) {
			return aws.Errorf(aws.ResourceNotFound, "Requested resource not found.")
		} else if err != nil {
			return err
		}
		if in.ProfilerConfig != nil {
			if err := updateProfiler(r, in.ProfilerConfig); err != nil {
				return err
			}
		}
		if in.ResourceConfig != nil {
			if err := s.updateKeepAlive(tx, r, *in.ResourceConfig.KeepAlivePeriodInSeconds); err != nil {
				return err
			}
		}
		w := workOf(r)
		tx.OnCommit(func() { s.wake(w) })
		return s.save(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.UpdateTrainingJobOutput{TrainingJobArn: &r.ARN}, nil
}

// updateProfiler changes the profiler of a job that runs. What the update leaves
// out stays as it was.
func updateProfiler(r *row, in *sagemaker.ProfilerConfigForUpdate) error {
	if primary(r.Body.Secondary) != sagemaker.TrainingJobStatusInProgress {
		return aws.Invalid("The profiler of a training job can be changed while it is InProgress; this one is in status %s.", r.Status)
	}
	p := sagemaker.ProfilerConfig{}
	if old := r.Body.Request.ProfilerConfig; old != nil {
		p = *old
	}
	if in.S3OutputPath != nil {
		p.S3OutputPath = in.S3OutputPath
	}
	if in.ProfilingIntervalInMilliseconds != nil {
		p.ProfilingIntervalInMilliseconds = in.ProfilingIntervalInMilliseconds
	}
	if in.ProfilingParameters != nil {
		p.ProfilingParameters = in.ProfilingParameters
	}
	if in.DisableProfiler != nil {
		p.DisableProfiler = in.DisableProfiler
	}
	r.Body.Request.ProfilerConfig = &p
	return nil
}

// updateKeepAlive changes how long the job's instances are kept warm.
func (s *Service) updateKeepAlive(tx *store.Tx, r *row, seconds int32) error {
	p := r.Body.Pool
	switch {
	case terminal(r.Body.Secondary) && (p == nil || p.Status != poolAvailable):
		return aws.Invalid("The training job %q is in status %s and has no warm pool that could be kept.", r.Name, r.Status)
	case p == nil && r.Body.Claimed:
		r.Body.Pool = &Pool{Status: poolInUse}
	}
	resources := *r.Body.Request.ResourceConfig
	resources.KeepAlivePeriodInSeconds = &seconds
	r.Body.Request.ResourceConfig = &resources
	if p == nil || p.Status != poolAvailable {
		return nil
	}
	changed, until := *p, tx.Now.Add(time.Duration(seconds)*time.Second)
	changed.Until = &until
	r.Body.Pool = &changed
	w := workOf(r)
	return s.Tasks.Add(tx, task.Spec{Kind: taskCool, Key: w.key(), Payload: w, RunAt: until})
}
