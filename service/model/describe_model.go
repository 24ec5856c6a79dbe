package model

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeModel answers the model as it was created.
func (s *Service) DescribeModel(ctx context.Context, in *sagemaker.DescribeModelInput) (*sagemaker.DescribeModelOutput, error) {
	var r *row
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		r, err = load(tx, aws.ScopeFrom(ctx), *in.ModelName)
		return err
	})
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
