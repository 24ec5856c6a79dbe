package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// DescribeExperiment answers the properties of an experiment.
func (s *Service) DescribeExperiment(ctx context.Context, in *sagemaker.DescribeExperimentInput) (*sagemaker.DescribeExperimentOutput, error) {
	row, err := experiments.Read(ctx, s.Base, *in.ExperimentName)
	if err != nil {
		return nil, err
	}
	e := &row.Body
	return &sagemaker.DescribeExperimentOutput{
		ExperimentName: &e.Name, ExperimentArn: &row.ARN, DisplayName: given(e.DisplayName, e.Name), Description: aws.Optional(e.Description),
		CreationTime: &row.CreatedAt, CreatedBy: e.CreatedBy, LastModifiedTime: &row.ModifiedAt, LastModifiedBy: e.LastModifiedBy,
	}, nil
}
