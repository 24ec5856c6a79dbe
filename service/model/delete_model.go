package model

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteModel removes the record and its tags; the data, the image and the role
// stay (DeleteModel-1). Its name is free again.
func (s *Service) DeleteModel(ctx context.Context, in *sagemaker.DeleteModelInput) (*sagemaker.DeleteModelOutput, error) {
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := load(tx, aws.ScopeFrom(ctx), *in.ModelName)
		if err != nil {
			return err
		}
		return models.Remove(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteModelOutput{}, nil
}
