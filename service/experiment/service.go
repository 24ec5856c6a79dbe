package experiment

import (
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Jobs shows the jobs that are the source of components.
type Jobs interface {
	// TrainingJobRecord is a training job as Search shows it.
	TrainingJobRecord(tx *store.Tx, scope aws.Scope, name string) (*sagemaker.TrainingJob, error)
}

// JobPoints reads what the logs of jobs' programs said.
type JobPoints interface {
	// EachTrainingMetric calls fn with the values of a metric, by time, from from
	// until before to, until fn answers false.
	EachTrainingMetric(tx *store.Tx, scope aws.Scope, job, metric string, from, to time.Time, fn func(at time.Time, value float64) bool) error
}

// Service implements the operations on experiments, trials and trial
// components, and those of SageMaker Metrics.
type Service struct {
	kit.Base
	// Jobs is nil where no jobs are known.
	Jobs Jobs
	// JobPoints is nil where only the summaries of jobs' metrics are known.
	JobPoints JobPoints
}

// given is text that was given, or else what stands for it.
func given(text, otherwise string) *string {
	if text == "" {
		return &otherwise
	}
	return &text
}

// optional is nil for "".
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
