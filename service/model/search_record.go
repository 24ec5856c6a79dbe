package model

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Searchable is the kind that Search finds.
func (s *Service) Searchable() kit.Searchable {
	return kit.NewSearchable(sagemaker.ResourceTypeModel, models.Kind(), models.Get, record)
}

// record is the model as Search shows it: in the shape of the model dashboard, of
// which only the model itself is here (Search-1, Search-19).
func record(_ *store.Tx, r *row, tags []*sagemaker.Tag) (*sagemaker.SearchRecord, error) {
	q := &r.Body.Request
	return &sagemaker.SearchRecord{Model: &sagemaker.ModelDashboardModel{Model: &sagemaker.Model{
		ModelName: &r.Name, ModelArn: &r.ARN, CreationTime: &r.CreatedAt, Tags: tags,
		PrimaryContainer: q.PrimaryContainer, Containers: q.Containers, InferenceExecutionConfig: q.InferenceExecutionConfig,
		ExecutionRoleArn: q.ExecutionRoleArn, VpcConfig: q.VpcConfig, EnableNetworkIsolation: q.EnableNetworkIsolation,
		DeploymentRecommendation: notRecommended(),
	}}}, nil
}
