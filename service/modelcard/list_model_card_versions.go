package modelcard

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// The one thing that versions are sorted by is their number, which their names
// sort by.
var listVersions = kit.NewList(versions, kit.ListOptions[sagemaker.ListModelCardVersionsInput, Version]{
	Descending: true, Strict: true, Own: []string{"ModelCardName", "ModelCardStatus", "SortBy"},
	SortBy: store.ByName,
	Narrow: func(in *sagemaker.ListModelCardVersionsInput, q *store.Query) error {
		q.Parent, q.Status = *in.ModelCardName, string(in.ModelCardStatus)
		return nil
	},
})

// ListModelCardVersions lists the versions of a card, the latest first unless told
// otherwise.
func (s *Service) ListModelCardVersions(ctx context.Context, in *sagemaker.ListModelCardVersionsInput) (*sagemaker.ListModelCardVersionsOutput, error) {
	r, err := cards.Read(ctx, s.Base, *in.ModelCardName)
	if err != nil {
		return nil, err
	}
	in.ModelCardName = &r.Name
	rows, next, err := listVersions.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListModelCardVersionsOutput{NextToken: next, ModelCardVersionSummaryList: kit.Map(rows, func(v *versionRow) *sagemaker.ModelCardVersionSummary {
		return &sagemaker.ModelCardVersionSummary{
			ModelCardName: &r.Name, ModelCardArn: &r.ARN, ModelCardVersion: numberOf(v), ModelCardStatus: v.Body.Status,
			CreationTime: &v.CreatedAt, LastModifiedTime: &v.ModifiedAt,
		}
	})}, nil
}
