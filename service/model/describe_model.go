package model

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
)

// DescribeModel answers the model as it was created.
func (s *Service) DescribeModel(ctx context.Context, in *sagemaker.DescribeModelInput) (*sagemaker.DescribeModelOutput, error) {
	r, err := models.Read(ctx, s.Base, *in.ModelName)
	if err != nil {
		return nil, err
	}
	q := &r.Body.Request
	return &sagemaker.DescribeModelOutput{
		ModelName: &r.Name, ModelArn: &r.ARN, CreationTime: &r.CreatedAt,
		PrimaryContainer: q.PrimaryContainer, Containers: q.Containers, InferenceExecutionConfig: q.InferenceExecutionConfig,
		ExecutionRoleArn: q.ExecutionRoleArn, VpcConfig: q.VpcConfig, EnableNetworkIsolation: q.EnableNetworkIsolation,
		DeploymentRecommendation: notRecommended(),
	}, nil
}

// notRecommended is the DeploymentRecommendation while there is no inference
// recommender (DescModel-13).
func notRecommended() *sagemaker.DeploymentRecommendation {
	return &sagemaker.DeploymentRecommendation{RecommendationStatus: sagemaker.RecommendationStatusNotApplicable}
}
