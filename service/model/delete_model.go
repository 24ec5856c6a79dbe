package model

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// DeleteModel removes the record and its tags; the data, the image and the role
// stay (DeleteModel-1). Its name is free again.
func (s *Service) DeleteModel(ctx context.Context, in *sagemaker.DeleteModelInput) (*sagemaker.DeleteModelOutput, error) {
	if err := models.Drop(ctx, s.Base, *in.ModelName, nil); err != nil {
		return nil, err
	}
	return &sagemaker.DeleteModelOutput{}, nil
}
