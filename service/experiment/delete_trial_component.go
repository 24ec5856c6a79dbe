package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteTrialComponent removes a component and its metrics; one that belongs to
// a trial is refused.
func (s *Service) DeleteTrialComponent(ctx context.Context, in *sagemaker.DeleteTrialComponentInput) (*sagemaker.DeleteTrialComponentOutput, error) {
	var arn string
	err := components.Drop(ctx, s.Base, *in.TrialComponentName, func(tx *store.Tx, row *componentRow) error {
		arn = row.ARN
		parents, err := parentsOf(tx, row)
		if err != nil {
			return err
		}
		if len(parents) > 0 {
			return aws.Invalid("The trial component %q cannot be deleted because it is associated with the trial %q. Disassociate it from all trials first; ListTrials names them.", row.Body.Name, *parents[0].TrialName)
		}
		if err := dropMetrics(tx, row); err != nil {
			return err
		}
		return forgotten(tx, row)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteTrialComponentOutput{TrialComponentArn: &arn}, nil
}
