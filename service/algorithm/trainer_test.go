package algorithm

import (
	"context"
	"slices"
	"sync"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// trainer keeps training jobs as the training service does, with its answers to
// unknown and to used names; the test decides how each job ends.
type trainer struct {
	mu      sync.Mutex
	names   []string // in the order of their creation
	jobs    map[string]*sagemaker.DescribeTrainingJobOutput
	inputs  map[string]*sagemaker.CreateTrainingJobInput
	callers map[string]aws.Caller
	stopped []string
	// end is how jobs of an image end as soon as they are made; those of other
	// images run until finish.
	end map[string]sagemaker.DescribeTrainingJobOutput
	// fault, when set, is asked before every call and may answer in its place.
	fault func(operation string) error
}

func newTrainer() *trainer {
	return &trainer{
		jobs: map[string]*sagemaker.DescribeTrainingJobOutput{}, inputs: map[string]*sagemaker.CreateTrainingJobInput{},
		callers: map[string]aws.Caller{}, end: map[string]sagemaker.DescribeTrainingJobOutput{},
	}
}

// CreateTrainingJob implements Trainer.
func (f *trainer) CreateTrainingJob(ctx context.Context, in *sagemaker.CreateTrainingJobInput) (*sagemaker.CreateTrainingJobOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.broken("create"); err != nil {
		return nil, err
	}
	name := *in.TrainingJobName
	if f.jobs[name] != nil {
		return nil, aws.Errorf(aws.ResourceInUse, "Training job names must be unique")
	}
	if uri := *in.InputDataConfig[0].DataSource.S3DataSource.S3Uri; uri == "s3://bucket/empty/" {
		return nil, aws.Invalid("No S3 objects found under S3 URL %q", uri)
	}
	job := f.end[*in.AlgorithmSpecification.TrainingImage]
	if job.TrainingJobStatus == "" {
		job.TrainingJobStatus = sagemaker.TrainingJobStatusInProgress
	}
	job.TrainingJobName = &name
	f.names, f.jobs[name], f.inputs[name] = append(f.names, name), &job, in
	f.callers[name], _ = aws.CallerFrom(ctx)
	return &sagemaker.CreateTrainingJobOutput{}, nil
}

// DescribeTrainingJob implements Trainer.
func (f *trainer) DescribeTrainingJob(ctx context.Context, in *sagemaker.DescribeTrainingJobInput) (*sagemaker.DescribeTrainingJobOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.broken("describe"); err != nil {
		return nil, err
	}
	job := f.jobs[*in.TrainingJobName]
	if job == nil || aws.ScopeFrom(ctx) != f.callers[*in.TrainingJobName].Scope {
		return nil, aws.Invalid("Requested resource not found.")
	}
	copied := *job
	return &copied, nil
}

// StopTrainingJob implements Trainer.
func (f *trainer) StopTrainingJob(_ context.Context, in *sagemaker.StopTrainingJobInput) (*sagemaker.StopTrainingJobOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = append(f.stopped, *in.TrainingJobName)
	return nil, f.broken("stop")
}

// broken is what fault answers. The caller holds f.mu.
func (f *trainer) broken(operation string) error {
	if f.fault == nil {
		return nil
	}
	return f.fault(operation)
}

// finish ends a job.
func (f *trainer) finish(name string, status sagemaker.TrainingJobStatus, secondary sagemaker.SecondaryStatus) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.jobs[name].TrainingJobStatus, f.jobs[name].SecondaryStatus = status, secondary
}

// all are the names of the jobs, oldest first.
func (f *trainer) all() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.names)
}
