package endpoint

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Searchable is the kind that Search finds.
func (s *Service) Searchable() kit.Searchable {
	return kit.NewSearchable(sagemaker.ResourceTypeEndpoint, endpoints.Kind(), endpoints.Get, record)
}

// record is the endpoint as Search shows it (Search-1, Search-19).
func record(_ *store.Tx, r *row, tags []*sagemaker.Tag) (*sagemaker.SearchRecord, error) {
	d := describe(r)
	return &sagemaker.SearchRecord{Endpoint: &sagemaker.Endpoint{
		EndpointName: d.EndpointName, EndpointArn: d.EndpointArn, EndpointConfigName: d.EndpointConfigName, EndpointStatus: d.EndpointStatus,
		FailureReason: d.FailureReason, CreationTime: d.CreationTime, LastModifiedTime: d.LastModifiedTime, DataCaptureConfig: d.DataCaptureConfig,
		ProductionVariants: d.ProductionVariants, ShadowProductionVariants: d.ShadowProductionVariants, Tags: tags,
	}}, nil
}
