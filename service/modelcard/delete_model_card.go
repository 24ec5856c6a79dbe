package modelcard

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteModelCard removes a card with its versions, its export jobs and its tags.
// Documents in buckets stay.
func (s *Service) DeleteModelCard(ctx context.Context, in *sagemaker.DeleteModelCardInput) (*sagemaker.DeleteModelCardOutput, error) {
	err := cards.Drop(ctx, s.Base, *in.ModelCardName, func(tx *store.Tx, r *row) error {
		if err := removeChildren(tx, r, versions); err != nil {
			return err
		}
		return removeChildren(tx, r, exports)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteModelCardOutput{}, nil
}

// removeChildren deletes the rows that belong to a card.
func removeChildren[B any](tx *store.Tx, card *row, table store.Table[B]) error {
	rows, err := table.List(tx, card.Scope, store.Query{Parent: card.Name})
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := table.Delete(tx, card.Scope, r.Name); err != nil {
			return err
		}
	}
	return nil
}
