package endpointconfig

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// DeleteEndpointConfig removes the record and its tags. Endpoints made from it go
// on: they keep a copy (CreateEndpointConfig-20, DeleteEndpointConfig-1).
func (s *Service) DeleteEndpointConfig(ctx context.Context, in *sagemaker.DeleteEndpointConfigInput) (*sagemaker.DeleteEndpointConfigOutput, error) {
	if err := configs.Drop(ctx, s.Base, *in.EndpointConfigName, nil); err != nil {
		return nil, err
	}
	return &sagemaker.DeleteEndpointConfigOutput{}, nil
}
