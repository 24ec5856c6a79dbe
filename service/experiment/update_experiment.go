package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// UpdateExperiment changes the display name and the description; an empty
// description removes it.
func (s *Service) UpdateExperiment(ctx context.Context, in *sagemaker.UpdateExperimentInput) (*sagemaker.UpdateExperimentOutput, error) {
	row, err := experiments.Change(ctx, s.Base, *in.ExperimentName, func(tx *store.Tx, row *experimentRow) error {
		if in.DisplayName != nil {
			row.Body.DisplayName = *in.DisplayName
		}
		if in.Description != nil {
			row.Body.Description = *in.Description
		}
		row.Body.LastModifiedBy = kit.UserContext(ctx)
		return knownExperiment(tx, row)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.UpdateExperimentOutput{ExperimentArn: &row.ARN}, nil
}
