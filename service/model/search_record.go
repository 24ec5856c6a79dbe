package model

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Searchable is the kind that Search finds.
func (s *Service) Searchable() kit.Searchable {
	return kit.Searchable{Resource: sagemaker.ResourceTypeModel, Kind: models.Kind(), Record: record}
}

// record is the model as Search shows it: in the shape of the model dashboard, of
// which only the model itself is here (Search-1, Search-19).
func record(tx *store.Tx, scope aws.Scope, name string) (*sagemaker.SearchRecord, error) {
	r, err := models.Get(tx, scope, name)
	if err != nil {
		return nil, err
	}
	tags, err := store.Tags(tx, scope, r.ARN)
	if err != nil {
		return nil, err
	}
	q := &r.Body.Request
	return &sagemaker.SearchRecord{Model: &sagemaker.ModelDashboardModel{Model: &sagemaker.Model{
		ModelName: &r.Name, ModelArn: &r.ARN, CreationTime: &r.CreatedAt, Tags: kit.TagList(tags),
		PrimaryContainer: q.PrimaryContainer, Containers: q.Containers, InferenceExecutionConfig: q.InferenceExecutionConfig,
		ExecutionRoleArn: q.ExecutionRoleArn, VpcConfig: q.VpcConfig, EnableNetworkIsolation: q.EnableNetworkIsolation,
		DeploymentRecommendation: notRecommended(),
	}}}, nil
}
