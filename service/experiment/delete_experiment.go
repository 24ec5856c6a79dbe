package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteExperiment removes an experiment; one that has trials is refused.
func (s *Service) DeleteExperiment(ctx context.Context, in *sagemaker.DeleteExperimentInput) (*sagemaker.DeleteExperimentOutput, error) {
	var arn string
	err := experiments.Drop(ctx, s.Base, *in.ExperimentName, func(tx *store.Tx, row *experimentRow) error {
		arn = row.ARN
		used, err := trials.List(tx, row.Scope, store.Query{Parent: row.Name, Limit: 1})
		if err != nil {
			return err
		}
		if len(used) > 0 {
			return aws.Invalid("The experiment %q cannot be deleted because it has trials (%q). Delete all of them first; ListTrials names them.", row.Body.Name, used[0].Body.Name)
		}
		return forgotten(tx, row)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteExperimentOutput{ExperimentArn: &arn}, nil
}
