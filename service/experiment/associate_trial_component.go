package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// AssociateTrialComponent adds a component to a trial. A component may belong to
// many trials; adding it again changes nothing.
func (s *Service) AssociateTrialComponent(ctx context.Context, in *sagemaker.AssociateTrialComponentInput) (*sagemaker.AssociateTrialComponentOutput, error) {
	out := &sagemaker.AssociateTrialComponentOutput{}
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		trial, component, err := pair(tx, aws.ScopeFrom(ctx), *in.TrialName, *in.TrialComponentName)
		if err != nil {
			return err
		}
		out.TrialArn, out.TrialComponentArn = &trial.ARN, &component.ARN
		return join(tx, trial, component)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// pair finds a trial and a component.
func pair(tx *store.Tx, scope aws.Scope, trialName, componentName string) (*trialRow, *componentRow, error) {
	trial, err := trials.Find(tx, scope, trialName)
	if err != nil {
		return nil, nil, err
	}
	component, err := components.Find(tx, scope, componentName)
	return trial, component, err
}
