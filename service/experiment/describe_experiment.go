package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeExperiment answers the properties of an experiment.
func (s *Service) DescribeExperiment(ctx context.Context, in *sagemaker.DescribeExperimentInput) (*sagemaker.DescribeExperimentOutput, error) {
	var row *experimentRow
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		row, err = experiments.Find(tx, aws.ScopeFrom(ctx), *in.ExperimentName)
		return err
	})
	if err != nil {
		return nil, err
	}
	e := &row.Body
	return &sagemaker.DescribeExperimentOutput{
		ExperimentName: &e.Name, ExperimentArn: &row.ARN, DisplayName: given(e.DisplayName, e.Name), Description: optional(e.Description),
		CreationTime: &row.CreatedAt, CreatedBy: e.CreatedBy, LastModifiedTime: &row.ModifiedAt, LastModifiedBy: e.LastModifiedBy,
	}, nil
}
