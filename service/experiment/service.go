package experiment

import (
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

// Service implements the operations on experiments, trials and trial
// components, and those of SageMaker Metrics.
type Service struct {
	kit.Base
	// Jobs is nil where no jobs are known.
	Jobs Jobs
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
