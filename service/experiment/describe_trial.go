package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// DescribeTrial answers the properties of a trial.
func (s *Service) DescribeTrial(ctx context.Context, in *sagemaker.DescribeTrialInput) (*sagemaker.DescribeTrialOutput, error) {
	row, err := trials.Read(ctx, s.Base, *in.TrialName)
	if err != nil {
		return nil, err
	}
	t := &row.Body
	return &sagemaker.DescribeTrialOutput{
		TrialName: &t.Name, TrialArn: &row.ARN, DisplayName: given(t.DisplayName, t.Name), ExperimentName: &t.Experiment,
		CreationTime: &row.CreatedAt, CreatedBy: t.CreatedBy, LastModifiedTime: &row.ModifiedAt, LastModifiedBy: t.LastModifiedBy,
		MetadataProperties: t.MetadataProperties,
	}, nil
}
