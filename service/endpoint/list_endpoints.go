package endpoint

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
)

var listEndpoints = kit.NewList(endpoints.Table, kit.ListOptions[sagemaker.ListEndpointsInput, Endpoint]{Descending: true})

// ListEndpoints lists endpoints, the youngest first unless told otherwise.
func (s *Service) ListEndpoints(ctx context.Context, in *sagemaker.ListEndpointsInput) (*sagemaker.ListEndpointsOutput, error) {
	rows, next, err := listEndpoints.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListEndpointsOutput{NextToken: next, Endpoints: kit.Map(rows, func(r *row) *sagemaker.EndpointSummary {
		return &sagemaker.EndpointSummary{
			EndpointName: &r.Name, EndpointArn: &r.ARN, CreationTime: &r.CreatedAt, LastModifiedTime: &r.ModifiedAt, EndpointStatus: r.Body.Status,
		}
	})}, nil
}
