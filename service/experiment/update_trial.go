package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// UpdateTrial changes the display name of a trial.
func (s *Service) UpdateTrial(ctx context.Context, in *sagemaker.UpdateTrialInput) (*sagemaker.UpdateTrialOutput, error) {
	row, err := trials.Change(ctx, s.Base, *in.TrialName, func(_ *store.Tx, row *trialRow) error {
		if in.DisplayName != nil {
			row.Body.DisplayName = *in.DisplayName
		}
		row.Body.LastModifiedBy = kit.UserContext(ctx)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.UpdateTrialOutput{TrialArn: &row.ARN}, nil
}
