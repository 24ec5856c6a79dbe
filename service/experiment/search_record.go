package experiment

import (
	"errors"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// Searchable are the kinds that Search finds.
func (s *Service) Searchable() []kit.Searchable {
	return []kit.Searchable{
		kit.NewSearchable(sagemaker.ResourceTypeExperiment, experiments.Kind(), experiments.Shared, experimentRecord),
		kit.NewSearchable(sagemaker.ResourceTypeExperimentTrial, trials.Kind(), trials.Shared, trialRecord),
		kit.NewSearchable(sagemaker.ResourceTypeExperimentTrialComponent, components.Kind(), components.Shared, s.componentRecord),
	}
}

// changed says that the record of a component shows more than its row did, or
// less (Search-19).
func changed(tx *store.Tx, c *componentRow) error {
	return store.MarkChanged(tx, components.Kind(), c.Scope, c.Name)
}

// experimentRecord is an experiment as Search shows it (Search-19).
func experimentRecord(_ *store.Tx, row *experimentRow, tags []*sagemaker.Tag) (*sagemaker.SearchRecord, error) {
	e := &row.Body
	return &sagemaker.SearchRecord{Experiment: &sagemaker.Experiment{
		ExperimentName: &e.Name, ExperimentArn: &row.ARN, DisplayName: given(e.DisplayName, e.Name), Description: aws.Optional(e.Description),
		CreationTime: &row.CreatedAt, CreatedBy: e.CreatedBy, LastModifiedTime: &row.ModifiedAt, LastModifiedBy: e.LastModifiedBy,
		Tags: tags,
	}}, nil
}

// maxSummaries is how many components a trial's record lists, the newest ones.
const maxSummaries = 100

// trialRecord is a trial as Search shows it, with its components (Search-19).
func trialRecord(tx *store.Tx, row *trialRow, tags []*sagemaker.Tag) (*sagemaker.SearchRecord, error) {
	members, err := components.List(tx, row.Scope, store.Query{Among: ofTrial(row.Name), Descending: true, Limit: maxSummaries})
	if err != nil {
		return nil, err
	}
	t := &row.Body
	return &sagemaker.SearchRecord{Trial: &sagemaker.Trial{
		TrialName: &t.Name, TrialArn: &row.ARN, DisplayName: given(t.DisplayName, t.Name), ExperimentName: &t.Experiment,
		CreationTime: &row.CreatedAt, CreatedBy: t.CreatedBy, LastModifiedTime: &row.ModifiedAt, LastModifiedBy: t.LastModifiedBy,
		MetadataProperties: t.MetadataProperties, Tags: tags,
		TrialComponentSummaries: kit.Map(members, func(c *componentRow) *sagemaker.TrialComponentSimpleSummary {
			return &sagemaker.TrialComponentSimpleSummary{
				TrialComponentName: &c.Body.Name, TrialComponentArn: &c.ARN, TrialComponentSource: c.Body.Source,
				CreationTime: &c.CreatedAt, CreatedBy: c.Body.CreatedBy,
			}
		}),
	}}, nil
}

// componentRecord is a component as Search shows it: with its metrics, its trials
// and experiments, and the job that it is about (Search-10, -19).
func (s *Service) componentRecord(tx *store.Tx, row *componentRow, tags []*sagemaker.Tag) (*sagemaker.SearchRecord, error) {
	metrics, err := metricsOf(tx, row)
	if err != nil {
		return nil, err
	}
	parents, err := parentsOf(tx, row)
	if err != nil {
		return nil, err
	}
	detail, err := s.sourceDetail(tx, row)
	if err != nil {
		return nil, err
	}
	c := &row.Body
	return &sagemaker.SearchRecord{TrialComponent: &sagemaker.TrialComponent{
		TrialComponentName: &c.Name, TrialComponentArn: &row.ARN, DisplayName: given(c.DisplayName, c.Name),
		Source: c.Source, SourceDetail: detail, Status: c.Status, StartTime: c.StartTime, EndTime: c.EndTime,
		CreationTime: &row.CreatedAt, CreatedBy: c.CreatedBy, LastModifiedTime: &row.ModifiedAt, LastModifiedBy: c.LastModifiedBy,
		Parameters: whole(c.Parameters), InputArtifacts: whole(c.InputArtifacts), OutputArtifacts: whole(c.OutputArtifacts),
		MetadataProperties: c.MetadataProperties, LineageGroupArn: aws.Ptr(lineage.GroupARN(row.Scope)), Metrics: metrics, Parents: parents, RunName: aws.Optional(c.RunName), Tags: tags,
	}}, nil
}

// sourceDetail is the job that a component is about, nil when there is none.
func (s *Service) sourceDetail(tx *store.Tx, c *componentRow) (*sagemaker.TrialComponentSourceDetail, error) {
	if c.Body.Source == nil {
		return nil, nil
	}
	detail := &sagemaker.TrialComponentSourceDetail{SourceArn: c.Body.Source.SourceArn}
	job, isJob := jobOf(c)
	if s.JobRecord == nil || !isJob {
		return detail, nil
	}
	record, err := s.JobRecord(tx, c.Scope, job)
	if errors.Is(err, store.ErrNotFound) {
		return detail, nil
	} else if err != nil {
		return nil, err
	}
	// The job's tags change without a word to the component (store.MarkChanged).
	detail.TrainingJob = record.TrainingJob
	detail.TrainingJob.Tags = nil
	return detail, nil
}
