package experiment

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// UpdateTrialComponent changes a component. Parameters and artifacts are added to
// those that it has, or replace those of the same name; those named in a
// …ToRemove member go first.
func (s *Service) UpdateTrialComponent(ctx context.Context, in *sagemaker.UpdateTrialComponentInput) (*sagemaker.UpdateTrialComponentOutput, error) {
	row, err := components.Change(ctx, s.Base, *in.TrialComponentName, func(tx *store.Tx, row *componentRow) error {
		c := &row.Body
		if in.DisplayName != nil {
			c.DisplayName = *in.DisplayName
		}
		if in.Status != nil {
			c.Status = in.Status
		}
		if in.StartTime != nil {
			c.StartTime = in.StartTime
		}
		if in.EndTime != nil {
			c.EndTime = in.EndTime
		}
		c.Parameters = merge(c.Parameters, in.Parameters, in.ParametersToRemove)
		c.InputArtifacts = merge(c.InputArtifacts, in.InputArtifacts, in.InputArtifactsToRemove)
		c.OutputArtifacts = merge(c.OutputArtifacts, in.OutputArtifacts, in.OutputArtifactsToRemove)
		if err := c.check(); err != nil {
			return err
		}
		c.LastModifiedBy = kit.UserContext(ctx)
		return known(tx, row)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.UpdateTrialComponentOutput{TrialComponentArn: &row.ARN}, nil
}

// merge is have without the names in remove and with all of set. have is
// changed.
func merge[V any](have, set map[string]V, remove []string) map[string]V {
	for _, name := range remove {
		delete(have, name)
	}
	if have == nil && len(set) > 0 {
		have = make(map[string]V, len(set))
	}
	for name, v := range set {
		have[name] = v
	}
	return have
}
