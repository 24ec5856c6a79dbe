package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// CreateTrialComponent makes a component that belongs to no trial yet.
func (s *Service) CreateTrialComponent(ctx context.Context, in *sagemaker.CreateTrialComponentInput) (*sagemaker.CreateTrialComponentOutput, error) {
	who := kit.UserContext(ctx)
	row := &componentRow{Scope: aws.ScopeFrom(ctx), Name: *in.TrialComponentName, Body: Component{
		Name: *in.TrialComponentName, DisplayName: aws.Val(in.DisplayName), Status: in.Status, StartTime: in.StartTime, EndTime: in.EndTime,
		Parameters: in.Parameters, InputArtifacts: in.InputArtifacts, OutputArtifacts: in.OutputArtifacts,
		MetadataProperties: in.MetadataProperties, CreatedBy: who, LastModifiedBy: who,
	}}
	if err := row.Body.check(); err != nil {
		return nil, err
	}
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := components.Create(tx, s.Quotas, row, in.Tags); err != nil {
			return err
		}
		return known(tx, row)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateTrialComponentOutput{TrialComponentArn: &row.ARN}, nil
}
