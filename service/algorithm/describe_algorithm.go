package algorithm

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeAlgorithm answers the algorithm as it was registered, with its images'
// digests, its status and that of each validation profile (DescribeAlgorithm-1,
// -3). Images are not scanned, so ImageScanStatuses is empty.
func (s *Service) DescribeAlgorithm(ctx context.Context, in *sagemaker.DescribeAlgorithmInput) (*sagemaker.DescribeAlgorithmOutput, error) {
	var r *row
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		r, err = load(tx, aws.ScopeFrom(ctx), *in.AlgorithmName)
		return err
	})
	if err != nil {
		return nil, err
	}
	q := &r.Body.Request
	out := &sagemaker.DescribeAlgorithmOutput{
		AlgorithmName: &r.Name, AlgorithmArn: &r.ARN, AlgorithmDescription: q.AlgorithmDescription, CreationTime: &r.CreatedAt,
		TrainingSpecification: q.TrainingSpecification, InferenceSpecification: q.InferenceSpecification,
		ValidationSpecification: q.ValidationSpecification, AlgorithmStatus: r.Body.Status,
		AlgorithmStatusDetails: &sagemaker.AlgorithmStatusDetails{
			ValidationStatuses: []*sagemaker.AlgorithmStatusItem{}, ImageScanStatuses: []*sagemaker.AlgorithmStatusItem{},
		},
		CertifyForMarketplace: q.CertifyForMarketplace,
	}
	for i := range r.Body.Profiles {
		p := &r.Body.Profiles[i]
		item := &sagemaker.AlgorithmStatusItem{Name: &p.Name, Status: p.Status}
		if p.FailureReason != "" {
			item.FailureReason = &p.FailureReason
		}
		out.AlgorithmStatusDetails.ValidationStatuses = append(out.AlgorithmStatusDetails.ValidationStatuses, item)
	}
	return out, nil
}
