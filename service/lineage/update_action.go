package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// UpdateAction changes status, description and properties of an action: Properties replaces
// all of them, PropertiesToRemove removes some (QL-11).
func (s *Service) UpdateAction(ctx context.Context, in *sagemaker.UpdateActionInput) (*sagemaker.UpdateActionOutput, error) {
	var arn string
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := actions.find(tx, aws.ScopeFrom(ctx), *in.ActionName)
		if err != nil {
			return err
		}
		arn = r.ARN
		if in.Description != nil {
			r.Body.Description = *in.Description
		}
		if in.Status != "" {
			r.Body.ActionStatus = in.Status
		}
		r.Body.change(in.Properties, in.PropertiesToRemove, kit.UserContext(ctx))
		return actions.save(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.UpdateActionOutput{ActionArn: &arn}, nil
}
