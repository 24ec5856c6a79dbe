package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// UpdateTrial changes the display name of a trial.
func (s *Service) UpdateTrial(ctx context.Context, in *sagemaker.UpdateTrialInput) (*sagemaker.UpdateTrialOutput, error) {
	var row *trialRow
	err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if row, err = trials.Find(tx, aws.ScopeFrom(ctx), *in.TrialName); err != nil {
			return err
		}
		if in.DisplayName != nil {
			row.Body.DisplayName = *in.DisplayName
		}
		row.Body.LastModifiedBy = kit.UserContext(ctx)
		return trials.Update(tx, row)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.UpdateTrialOutput{TrialArn: &row.ARN}, nil
}
