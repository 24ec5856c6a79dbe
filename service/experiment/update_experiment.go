package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// UpdateExperiment changes the display name and the description; an empty
// description removes it.
func (s *Service) UpdateExperiment(ctx context.Context, in *sagemaker.UpdateExperimentInput) (*sagemaker.UpdateExperimentOutput, error) {
	var row *experimentRow
	err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if row, err = experiments.Find(tx, aws.ScopeFrom(ctx), *in.ExperimentName); err != nil {
			return err
		}
		if in.DisplayName != nil {
			row.Body.DisplayName = *in.DisplayName
		}
		if in.Description != nil {
			row.Body.Description = *in.Description
		}
		row.Body.LastModifiedBy = kit.UserContext(ctx)
		return experiments.Update(tx, row)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.UpdateExperimentOutput{ExperimentArn: &row.ARN}, nil
}
