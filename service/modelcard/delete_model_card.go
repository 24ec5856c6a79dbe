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
		if err := versions.DeleteChildren(tx, r.Scope, r.Name); err != nil {
			return err
		}
		return exports.DeleteChildren(tx, r.Scope, r.Name)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteModelCardOutput{}, nil
}
