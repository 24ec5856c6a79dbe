package lineage

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

var listContexts = kit.NewList(contexts.Table, kit.ListOptions[sagemaker.ListContextsInput, Context]{
	Descending: true, Own: []string{"SourceUri", "ContextType"},
	Narrow: func(in *sagemaker.ListContextsInput, q *store.Query) error {
		return narrow(q, in.SourceUri, in.ContextType)
	},
})

// ListContexts lists contexts, the youngest first unless told otherwise; SourceUri and
// ContextType are compared exactly (Co-6, QL-11).
func (s *Service) ListContexts(ctx context.Context, in *sagemaker.ListContextsInput) (*sagemaker.ListContextsOutput, error) {
	rows, next, err := listContexts.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListContextsOutput{NextToken: next, ContextSummaries: kit.Map(rows, func(r *contextRow) *sagemaker.ContextSummary {
		return &sagemaker.ContextSummary{
			ContextArn: &r.ARN, ContextName: &r.Name, Source: r.Body.Source, ContextType: &r.Status,
			CreationTime: &r.CreatedAt, LastModifiedTime: &r.ModifiedAt,
		}
	})}, nil
}
