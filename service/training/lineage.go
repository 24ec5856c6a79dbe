package training

import (
	"slices"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/lineage"
	"github.com/sagebrush/sagebrush/store"
)

// Lineage notes what jobs have used and made.
type Lineage interface {
	// RecordJob is called in the transaction that ends the job, after its trial
	// component was brought up to date.
	RecordJob(tx *store.Tx, scope aws.Scope, job lineage.Job) error
}

// componentSuffix makes the name of a job's trial component of the job's name.
const componentSuffix = "-aws-training-job"

// recordLineage notes the data and the image that the job was trained with, and
// the model and the other results that it has left (QL-9). A job that never
// trained has used nothing.
func (s *Service) recordLineage(tx *store.Tx, r *row) error {
	trained := slices.ContainsFunc(r.Body.History, func(h HistoryEntry) bool { return h.Status == sagemaker.SecondaryStatusTraining })
	if s.Lineage == nil || !trained {
		return nil
	}
	job := lineage.Job{
		Component: aws.SageMakerARN(r.Scope, "experiment-trial-component", r.Name+componentSuffix),
		Inputs:    []lineage.Data{{URI: r.Body.Image, Type: lineage.TypeImage}},
	}
	for _, c := range r.Body.Request.InputDataConfig {
		if d := c.DataSource.S3DataSource; d != nil {
			job.Inputs = append(job.Inputs, lineage.Data{URI: *d.S3Uri, Type: lineage.TypeDataSet})
		}
	}
	if r.Body.ModelArtifacts != "" {
		job.Outputs = append(job.Outputs, lineage.Data{URI: r.Body.ModelArtifacts, Type: lineage.TypeModel})
	}
	if c := r.Body.Request.CheckpointConfig; c != nil {
		job.Outputs = append(job.Outputs, lineage.Data{URI: *c.S3Uri, Type: lineage.TypeCheckpoint})
	}
	if c := r.Body.Request.TensorBoardOutputConfig; c != nil {
		job.Outputs = append(job.Outputs, lineage.Data{URI: *c.S3OutputPath, Type: lineage.TypeTensorBoard})
	}
	return s.Lineage.RecordJob(tx, r.Scope, job)
}
