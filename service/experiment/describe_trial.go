package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeTrial answers the properties of a trial.
func (s *Service) DescribeTrial(ctx context.Context, in *sagemaker.DescribeTrialInput) (*sagemaker.DescribeTrialOutput, error) {
	var row *trialRow
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		row, err = trials.Find(tx, aws.ScopeFrom(ctx), *in.TrialName)
		return err
	})
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
