package inferencecomponent

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// UpdateInferenceComponentRuntimeConfig changes the number of copies.
func (s *Service) UpdateInferenceComponentRuntimeConfig(ctx context.Context, in *sagemaker.UpdateInferenceComponentRuntimeConfigInput) (*sagemaker.UpdateInferenceComponentRuntimeConfigOutput, error) {
	r, err := s.update(ctx, *in.InferenceComponentName, nil, in.DesiredRuntimeConfig)
	if err != nil {
		return nil, err
	}
	return &sagemaker.UpdateInferenceComponentRuntimeConfigOutput{InferenceComponentArn: &r.ARN}, nil
}
