package endpointconfig

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// DescribeEndpointConfig answers the configuration as it was created, with its
// defaults (DescribeEndpointConfig-1).
func (s *Service) DescribeEndpointConfig(ctx context.Context, in *sagemaker.DescribeEndpointConfigInput) (*sagemaker.DescribeEndpointConfigOutput, error) {
	r, err := configs.Read(ctx, s.Base, *in.EndpointConfigName)
	if err != nil {
		return nil, err
	}
	q := &r.Body.Request
	return &sagemaker.DescribeEndpointConfigOutput{
		EndpointConfigName: &r.Name, EndpointConfigArn: &r.ARN, CreationTime: &r.CreatedAt,
		ProductionVariants: q.ProductionVariants, ShadowProductionVariants: q.ShadowProductionVariants,
		DataCaptureConfig: q.DataCaptureConfig, AsyncInferenceConfig: q.AsyncInferenceConfig, ExplainerConfig: q.ExplainerConfig,
		KmsKeyId: q.KmsKeyId, ExecutionRoleArn: q.ExecutionRoleArn, VpcConfig: q.VpcConfig, EnableNetworkIsolation: q.EnableNetworkIsolation,
	}, nil
}
