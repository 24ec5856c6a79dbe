package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteTrial removes a trial; one that has components is refused.
func (s *Service) DeleteTrial(ctx context.Context, in *sagemaker.DeleteTrialInput) (*sagemaker.DeleteTrialOutput, error) {
	var arn string
	err := trials.Drop(ctx, s.Base, *in.TrialName, func(tx *store.Tx, row *trialRow) error {
		arn = row.ARN
		used, err := components.List(tx, row.Scope, store.Query{Among: ofTrial(row.Name), Limit: 1})
		if err != nil {
			return err
		}
		if len(used) > 0 {
			return aws.Invalid("The trial %q cannot be deleted because it has trial components (%q). Disassociate all of them first; ListTrialComponents names them.", row.Body.Name, used[0].Body.Name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteTrialOutput{TrialArn: &arn}, nil
}
