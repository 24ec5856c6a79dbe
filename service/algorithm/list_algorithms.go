package algorithm

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
)

var listAlgorithms = kit.NewList(algorithms, kit.ListOptions[sagemaker.ListAlgorithmsInput, Algorithm]{Strict: true})

// ListAlgorithms lists algorithms, by CreationTime ascending unless told otherwise.
func (s *Service) ListAlgorithms(ctx context.Context, in *sagemaker.ListAlgorithmsInput) (*sagemaker.ListAlgorithmsOutput, error) {
	rows, next, err := listAlgorithms.Page(ctx, kit.Base{DB: s.DB, Tokens: s.Tokens}, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListAlgorithmsOutput{NextToken: next, AlgorithmSummaryList: kit.Map(rows, func(r *row) *sagemaker.AlgorithmSummary {
		return &sagemaker.AlgorithmSummary{
			AlgorithmName: &r.Name, AlgorithmArn: &r.ARN, AlgorithmDescription: r.Body.Request.AlgorithmDescription,
			CreationTime: &r.CreatedAt, AlgorithmStatus: r.Body.Status,
		}
	})}, nil
}
