package experiment

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/algo/summary"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

const (
	// componentSuffix makes the name of a job's component of the job's name.
	componentSuffix = "-aws-training-job"
	// sourceTrainingJob is the SourceType of such a component.
	sourceTrainingJob = "SageMakerTrainingJob"
)

// CheckExperimentConfig refuses the configuration of a new job that names what
// does not exist, and makes the job's trial where it names none
// (CreateTrainingJob-21, DescTJ-20).
func (s *Service) CheckExperimentConfig(tx *store.Tx, scope aws.Scope, job string, config *sagemaker.ExperimentConfig) error {
	if config.RunName != nil {
		if _, err := findRun(tx, scope, config); err != nil {
			return err
		}
	}
	if config.TrialName != nil {
		trial, err := trials.Find(tx, scope, *config.TrialName)
		if err != nil || config.ExperimentName == nil {
			return err
		}
		experiment, err := experiments.Find(tx, scope, *config.ExperimentName)
		if err == nil && experiment.Name != trial.Parent {
			return aws.Invalid("ExperimentConfig: the trial %q belongs to the experiment %q, not to %q.", trial.Body.Name, trial.Body.Experiment, experiment.Body.Name)
		}
		return err
	}
	if config.ExperimentName == nil {
		return nil
	}
	experiment, err := experiments.Find(tx, scope, *config.ExperimentName)
	if err != nil {
		return err
	}
	trial := newTrial(experiment, job+componentSuffix, &sagemaker.UserContext{})
	return trials.Create(tx, s.Quotas, trial, nil)
}

// jobOf is the name of the training job that a component is about.
func jobOf(c *componentRow) (job string, ok bool) {
	if c.Body.Source == nil {
		return "", false
	}
	job, ok = strings.CutSuffix(c.Body.Name, componentSuffix)
	return job, ok && *c.Body.Source.SourceArn == aws.SageMakerARN(c.Scope, "training-job", job)
}

// trialOf is the trial that a job's component joins, nil for none: it may have
// been deleted since the job was made.
func trialOf(tx *store.Tx, scope aws.Scope, job string, config *sagemaker.ExperimentConfig) (*trialRow, error) {
	name := job + componentSuffix
	switch {
	case config == nil || config.TrialName == nil && config.ExperimentName == nil:
		return nil, nil
	case config.TrialName != nil:
		name = *config.TrialName
	}
	trial, err := trials.Get(tx, scope, trials.Key(name))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return trial, err
}

// findRun is the component of the run that a configuration names: by the
// component's name, as the SDK does, or by the run's, which the SDK puts behind
// the name of the experiment.
func findRun(tx *store.Tx, scope aws.Scope, config *sagemaker.ExperimentConfig) (*componentRow, error) {
	run, err := components.Find(tx, scope, *config.RunName)
	if err != nil && config.ExperimentName != nil && aws.CodeOf(err) == aws.ResourceNotFound {
		if longer, e := components.Find(tx, scope, *config.ExperimentName+"-"+*config.RunName); e == nil || aws.CodeOf(e) != aws.ResourceNotFound {
			return longer, e
		}
	}
	return run, err
}

// RecordTrainingJob makes the trial component of a job, or brings it up to date:
// when the job starts, is asked to stop, and ends. image is the job's own, or
// that of its algorithm. What users have changed of the component since stays.
func (s *Service) RecordTrainingJob(tx *store.Tx, scope aws.Scope, job *sagemaker.DescribeTrainingJobOutput, image string) error {
	row, err := components.Get(tx, scope, components.Key(*job.TrainingJobName+componentSuffix))
	fresh := errors.Is(err, store.ErrNotFound)
	if err != nil && !fresh {
		return err
	}
	if fresh && job.TrainingStartTime != nil && job.TrainingJobStatus != sagemaker.TrainingJobStatusInProgress {
		return nil // deleted since the job started
	}
	if fresh {
		row = &componentRow{Scope: scope, Name: *job.TrainingJobName + componentSuffix}
		row.Body = Component{Name: row.Name, CreatedBy: &sagemaker.UserContext{}}
	}
	c := &row.Body
	source := &sagemaker.TrialComponentSource{SourceArn: job.TrainingJobArn, SourceType: aws.Ptr(sourceTrainingJob)}
	first := c.Source == nil
	if first {
		c.Source, row.Parent = source, sourceKey(*source.SourceArn)
		c.Parameters = merge(jobParameters(job, image), c.Parameters, nil)
		c.InputArtifacts = merge(jobInputs(job), c.InputArtifacts, nil)
		if config := job.ExperimentConfig; config != nil {
			c.DisplayName, c.RunName = aws.Val(config.TrialComponentDisplayName), aws.Val(config.RunName)
		}
	}
	c.Status, c.StartTime, c.EndTime = jobStatus(job), job.TrainingStartTime, job.TrainingEndTime
	c.LastModifiedBy = &sagemaker.UserContext{}
	c.OutputArtifacts = merge(jobOutputs(job), c.OutputArtifacts, nil)
	if fresh {
		err = components.Create(tx, s.Quotas, row, nil)
	} else {
		err = components.Update(tx, row)
	}
	if err != nil {
		return err
	}
	if err := known(tx, row); err != nil || !first {
		return err
	}
	trial, err := trialOf(tx, scope, *job.TrainingJobName, job.ExperimentConfig)
	if err != nil {
		return err
	}
	if trial != nil {
		if err := join(tx, trial, row); err != nil {
			return err
		}
	}
	return attach(tx, scope, job.ExperimentConfig, source)
}

// attach makes a job one of the sources of the run that it was started for.
func attach(tx *store.Tx, scope aws.Scope, config *sagemaker.ExperimentConfig, source *sagemaker.TrialComponentSource) error {
	if config == nil || config.RunName == nil {
		return nil
	}
	run, err := findRun(tx, scope, config)
	if aws.CodeOf(err) == aws.ResourceNotFound {
		return nil // deleted since
	} else if err != nil {
		return err
	}
	if slices.ContainsFunc(run.Body.Sources, func(s *sagemaker.TrialComponentSource) bool { return *s.SourceArn == *source.SourceArn }) {
		return nil
	}
	run.Body.Sources = append(run.Body.Sources, source)
	if err := components.Update(tx, run); err != nil {
		return err
	}
	return known(tx, run)
}

// TrainingJobChanged says that the job behind a component changed, which the
// component's record shows.
func (s *Service) TrainingJobChanged(tx *store.Tx, scope aws.Scope, job string) error {
	return store.MarkChanged(tx, components.Kind(), scope, components.Key(job+componentSuffix))
}

// RecordTrainingJobMetrics sets the metrics of a job's component to what the
// job's log said. The component is there already.
func (s *Service) RecordTrainingJobMetrics(tx *store.Tx, scope aws.Scope, job, jobARN string, metrics map[string]summary.Summary) error {
	row, err := components.Get(tx, scope, components.Key(job+componentSuffix))
	if errors.Is(err, store.ErrNotFound) {
		return nil // deleted since
	} else if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(metrics)) { // one order, so that two transactions do not deadlock
		if strings.ContainsRune(name, 0) {
			continue // PostgreSQL takes no such text
		}
		m, err := loadMetric(tx, row, name, jobARN)
		if err != nil {
			return err
		}
		m.Summary = metrics[name]
		if err := m.save(tx, row); err != nil {
			return err
		}
	}
	return changed(tx, row)
}
