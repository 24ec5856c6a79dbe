package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

var listActions = kit.NewList(actions.Table, kit.ListOptions[sagemaker.ListActionsInput, Action]{
	Descending: true, Own: []string{"SourceUri", "ActionType"},
	Narrow: func(in *sagemaker.ListActionsInput, q *store.Query) error {
		return narrow(q, in.SourceUri, in.ActionType)
	},
})

// ListActions lists actions, the youngest first unless told otherwise; SourceUri and
// ActionType are compared exactly (Co-6, QL-11).
func (s *Service) ListActions(ctx context.Context, in *sagemaker.ListActionsInput) (*sagemaker.ListActionsOutput, error) {
	rows, next, err := listActions.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListActionsOutput{NextToken: next, ActionSummaries: kit.Map(rows, func(r *actionRow) *sagemaker.ActionSummary {
		return &sagemaker.ActionSummary{
			ActionArn: &r.ARN, ActionName: &r.Name, Source: r.Body.Source, ActionType: &r.Status, Status: r.Body.ActionStatus,
			CreationTime: &r.CreatedAt, LastModifiedTime: &r.ModifiedAt,
		}
	})}, nil
}
