package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DisassociateTrialComponent removes a component from a trial, and from no
// other. One that does not belong to it is refused.
func (s *Service) DisassociateTrialComponent(ctx context.Context, in *sagemaker.DisassociateTrialComponentInput) (*sagemaker.DisassociateTrialComponentOutput, error) {
	out := &sagemaker.DisassociateTrialComponentOutput{}
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		trial, component, err := pair(tx, aws.ScopeFrom(ctx), *in.TrialName, *in.TrialComponentName)
		if err != nil {
			return err
		}
		belonged, err := leave(tx, trial, component)
		if err != nil {
			return err
		}
		if !belonged {
			return aws.Errorf(aws.ResourceNotFound, "The trial component %q is not associated with the trial %q.", component.Body.Name, trial.Body.Name)
		}
		out.TrialArn, out.TrialComponentArn = &trial.ARN, &component.ARN
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
