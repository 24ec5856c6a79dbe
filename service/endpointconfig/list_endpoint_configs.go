package endpointconfig

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
)

// A configuration that was made at CreationTimeAfter is in the list, one that was
// made at CreationTimeBefore is not.
var listConfigs = kit.NewList(configs.Table, kit.ListOptions[sagemaker.ListEndpointConfigsInput, EndpointConfig]{Descending: true, StrictBefore: true})

// ListEndpointConfigs lists endpoint configurations, the youngest first unless
// told otherwise.
func (s *Service) ListEndpointConfigs(ctx context.Context, in *sagemaker.ListEndpointConfigsInput) (*sagemaker.ListEndpointConfigsOutput, error) {
	rows, next, err := listConfigs.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListEndpointConfigsOutput{NextToken: next, EndpointConfigs: kit.Map(rows, func(r *row) *sagemaker.EndpointConfigSummary {
		return &sagemaker.EndpointConfigSummary{EndpointConfigName: &r.Name, EndpointConfigArn: &r.ARN, CreationTime: &r.CreatedAt}
	})}, nil
}
