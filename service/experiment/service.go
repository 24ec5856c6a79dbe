package experiment

import (
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

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
	// JobRecord is a training job as Search shows it, or store.ErrNotFound. It may
	// be nil.
	JobRecord func(tx *store.Tx, scope aws.Scope, name string) (*sagemaker.SearchRecord, error)
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
