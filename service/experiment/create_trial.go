package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// CreateTrial makes a trial of an experiment that exists.
func (s *Service) CreateTrial(ctx context.Context, in *sagemaker.CreateTrialInput) (*sagemaker.CreateTrialOutput, error) {
	var row *trialRow
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		parent, err := experiments.Find(tx, aws.ScopeFrom(ctx), *in.ExperimentName)
		if err != nil {
			return err
		}
		row = newTrial(parent, *in.TrialName, kit.UserContext(ctx))
		row.Body.DisplayName, row.Body.MetadataProperties = aws.Val(in.DisplayName), in.MetadataProperties
		return trials.Create(tx, s.Quotas, row, in.Tags)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateTrialOutput{TrialArn: &row.ARN}, nil
}
