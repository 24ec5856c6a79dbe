package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// CreateExperiment makes an experiment, to which trials are added.
func (s *Service) CreateExperiment(ctx context.Context, in *sagemaker.CreateExperimentInput) (*sagemaker.CreateExperimentOutput, error) {
	who := kit.UserContext(ctx)
	row := &experimentRow{Scope: aws.ScopeFrom(ctx), Name: *in.ExperimentName, Body: Experiment{
		Name: *in.ExperimentName, DisplayName: aws.Val(in.DisplayName), Description: aws.Val(in.Description),
		CreatedBy: who, LastModifiedBy: who,
	}}
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := experiments.Create(tx, s.Quotas, row, in.Tags); err != nil {
			return err
		}
		return knownExperiment(tx, row)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateExperimentOutput{ExperimentArn: &row.ARN}, nil
}
