package modelcard

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

var listCards = kit.NewList(cards.Table, kit.ListOptions[sagemaker.ListModelCardsInput, Card]{
	Descending: true, Strict: true, Own: []string{"ModelCardStatus"},
	Narrow: func(in *sagemaker.ListModelCardsInput, q *store.Query) error {
		q.Status = string(in.ModelCardStatus)
		return nil
	},
})

// ListModelCards lists cards, the youngest first unless told otherwise.
func (s *Service) ListModelCards(ctx context.Context, in *sagemaker.ListModelCardsInput) (*sagemaker.ListModelCardsOutput, error) {
	rows, next, err := listCards.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListModelCardsOutput{NextToken: next, ModelCardSummaries: kit.Map(rows, func(r *row) *sagemaker.ModelCardSummary {
		return &sagemaker.ModelCardSummary{
			ModelCardName: &r.Name, ModelCardArn: &r.ARN, ModelCardStatus: r.Body.Status, CreationTime: &r.CreatedAt, LastModifiedTime: &r.ModifiedAt,
		}
	})}, nil
}
