package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

var listTrials = kit.NewList(trials.Table, kit.ListOptions[sagemaker.ListTrialsInput, Trial]{
	Descending: true, Strict: true, Own: []string{"ExperimentName", "TrialComponentName"},
	Narrow: func(in *sagemaker.ListTrialsInput, q *store.Query) error {
		if in.ExperimentName != nil {
			q.Parent = experiments.Key(*in.ExperimentName)
		}
		if in.TrialComponentName != nil {
			q.Among = withComponent(components.Key(*in.TrialComponentName))
		}
		return nil
	},
})

// ListTrials lists trials, all or those of an experiment or of a component, the
// newest first unless told otherwise.
func (s *Service) ListTrials(ctx context.Context, in *sagemaker.ListTrialsInput) (*sagemaker.ListTrialsOutput, error) {
	err := s.DB.View(ctx, func(tx *store.Tx) error {
		scope := aws.ScopeFrom(ctx)
		if err := exists(tx, scope, experiments, in.ExperimentName); err != nil {
			return err
		}
		return exists(tx, scope, components, in.TrialComponentName)
	})
	if err != nil {
		return nil, err
	}
	rows, next, err := listTrials.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListTrialsOutput{NextToken: next, TrialSummaries: kit.Map(rows, func(r *trialRow) *sagemaker.TrialSummary {
		return &sagemaker.TrialSummary{
			TrialArn: &r.ARN, TrialName: &r.Body.Name, DisplayName: given(r.Body.DisplayName, r.Body.Name),
			CreationTime: &r.CreatedAt, LastModifiedTime: &r.ModifiedAt,
		}
	})}, nil
}

// exists refuses the name of a filter that names nothing; nil is no filter.
func exists[B any](tx *store.Tx, scope aws.Scope, kind kit.Kind[B], name *string) error {
	if name == nil {
		return nil
	}
	_, err := kind.Find(tx, scope, *name)
	return err
}
