package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
)

var listExperiments = kit.NewList(experiments.Table, kit.ListOptions[sagemaker.ListExperimentsInput, Experiment]{Descending: true, Strict: true})

// ListExperiments lists experiments, the newest first unless told otherwise.
func (s *Service) ListExperiments(ctx context.Context, in *sagemaker.ListExperimentsInput) (*sagemaker.ListExperimentsOutput, error) {
	rows, next, err := listExperiments.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListExperimentsOutput{NextToken: next, ExperimentSummaries: kit.Map(rows, func(r *experimentRow) *sagemaker.ExperimentSummary {
		return &sagemaker.ExperimentSummary{
			ExperimentArn: &r.ARN, ExperimentName: &r.Body.Name, DisplayName: given(r.Body.DisplayName, r.Body.Name),
			CreationTime: &r.CreatedAt, LastModifiedTime: &r.ModifiedAt,
		}
	})}, nil
}
