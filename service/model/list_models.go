package model

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
)

// A model that was made at CreationTimeAfter is in the list, one that was made at
// CreationTimeBefore is not.
var listModels = kit.NewList(models.Table, kit.ListOptions[sagemaker.ListModelsInput, Model]{Descending: true, StrictBefore: true})

// ListModels lists models, the youngest first unless told otherwise (DescModel-14).
func (s *Service) ListModels(ctx context.Context, in *sagemaker.ListModelsInput) (*sagemaker.ListModelsOutput, error) {
	rows, next, err := listModels.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListModelsOutput{NextToken: next, Models: kit.Map(rows, func(r *row) *sagemaker.ModelSummary {
		return &sagemaker.ModelSummary{ModelName: &r.Name, ModelArn: &r.ARN, CreationTime: &r.CreatedAt}
	})}, nil
}
