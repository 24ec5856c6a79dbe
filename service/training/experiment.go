package training

import (
	"github.com/sagebrush/sagebrush/algo/summary"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Experiments keeps a trial component of every job. Its methods are called in the
// transactions that change the job.
type Experiments interface {
	// CheckExperimentConfig refuses the configuration of a new job that names what
	// does not exist, and makes the trial that the job will belong to where none is
	// named (CreateTrainingJob-21).
	CheckExperimentConfig(tx *store.Tx, scope aws.Scope, job string, config *sagemaker.ExperimentConfig) error
	// RecordTrainingJob makes the component of a job or brings it up to date.
	RecordTrainingJob(tx *store.Tx, scope aws.Scope, job *sagemaker.DescribeTrainingJobOutput, image string) error
	// TrainingJobChanged says that Search shows a job differently.
	TrainingJobChanged(tx *store.Tx, scope aws.Scope, job string) error
	// RecordTrainingJobMetrics sets the metrics of the component, by name.
	RecordTrainingJobMetrics(tx *store.Tx, scope aws.Scope, job, jobARN string, metrics map[string]summary.Summary) error
}

// save is jobs.Update for a change that the job's trial component does not follow,
// but what Search shows of the job with it.
func (s *Service) save(tx *store.Tx, r *row) error {
	if err := jobs.Update(tx, r); err != nil || s.Experiments == nil || r.Body.StartedAt == nil {
		return err
	}
	return s.Experiments.TrainingJobChanged(tx, r.Scope, r.Name)
}

// checkExperiment checks the ExperimentConfig of a new job. Jobs without one cost
// nothing here: their component is made when they start.
func (s *Service) checkExperiment(tx *store.Tx, r *row) error {
	config := r.Body.Request.ExperimentConfig
	switch {
	case config == nil:
		return nil
	case s.Experiments == nil:
		return unsupported("ExperimentConfig", "experiments")
	}
	return s.Experiments.CheckExperimentConfig(tx, r.Scope, r.Name, config)
}

// recordComponent brings the job's trial component up to date.
func (s *Service) recordComponent(tx *store.Tx, r *row) error {
	if s.Experiments == nil {
		return nil
	}
	return s.Experiments.RecordTrainingJob(tx, r.Scope, describe(r), r.Body.Image)
}

// recordMetrics hands what the log of the programs said to the job's component.
func (s *Service) recordMetrics(tx *store.Tx, r *row) error {
	if s.Experiments == nil || len(r.Body.totals) == 0 {
		return nil
	}
	return s.Experiments.RecordTrainingJobMetrics(tx, r.Scope, r.Name, r.ARN, r.Body.totals)
}
