package experiment

import (
	"context"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

var listComponents = kit.NewList(components.Table, kit.ListOptions[sagemaker.ListTrialComponentsInput, Component]{
	Descending: true, Strict: true, Own: []string{"ExperimentName", "TrialName", "SourceArn"},
	Narrow: func(in *sagemaker.ListTrialComponentsInput, q *store.Query) error {
		switch {
		case in.ExperimentName != nil:
			q.Among = ofExperiment(experiments.Key(*in.ExperimentName))
		case in.TrialName != nil:
			q.Among = ofTrial(trials.Key(*in.TrialName))
		case in.SourceArn != nil:
			q.Parent = sourceKey(*in.SourceArn)
		}
		return nil
	},
})

// ListTrialComponents lists components, all or those of an experiment, of a
// trial, or of a source, the newest first unless told otherwise (Co-9).
func (s *Service) ListTrialComponents(ctx context.Context, in *sagemaker.ListTrialComponentsInput) (*sagemaker.ListTrialComponentsOutput, error) {
	filters := 0
	for _, f := range []*string{in.ExperimentName, in.TrialName, in.SourceArn} {
		if f != nil {
			filters++
		}
	}
	if filters > 1 {
		return nil, aws.Invalid("ExperimentName, TrialName and SourceArn exclude each other. Give one of them at most.")
	}
	if in.SourceArn != nil && !strings.HasPrefix(*in.SourceArn, "arn:") || strings.ContainsRune(aws.Val(in.SourceArn), 0) {
		return nil, aws.Invalid("SourceArn %q is not an ARN. Leave it out to list components of all sources.", *in.SourceArn)
	}
	err := s.DB.View(ctx, func(tx *store.Tx) error {
		scope := aws.ScopeFrom(ctx)
		if err := exists(tx, scope, experiments, in.ExperimentName); err != nil {
			return err
		}
		return exists(tx, scope, trials, in.TrialName)
	})
	if err != nil {
		return nil, err
	}
	rows, next, err := listComponents.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListTrialComponentsOutput{NextToken: next, TrialComponentSummaries: kit.Map(rows, func(r *componentRow) *sagemaker.TrialComponentSummary {
		c := &r.Body
		return &sagemaker.TrialComponentSummary{
			TrialComponentName: &c.Name, TrialComponentArn: &r.ARN, DisplayName: given(c.DisplayName, c.Name),
			TrialComponentSource: c.Source, Status: c.Status, StartTime: c.StartTime, EndTime: c.EndTime,
			CreationTime: &r.CreatedAt, CreatedBy: c.CreatedBy, LastModifiedTime: &r.ModifiedAt, LastModifiedBy: c.LastModifiedBy,
		}
	})}, nil
}
