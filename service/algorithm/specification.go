package algorithm

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// TrainingSpecification is for services that start jobs with an algorithm, named
// by name or by ARN: what the jobs have to keep (package contract), and the
// algorithm's ARN. The specification belongs to the caller. An algorithm that is
// not Completed cannot be used (CreateAlgorithm-9); that refusal, and the one of
// an unknown algorithm, is a ValidationException.
func (s *Service) TrainingSpecification(ctx context.Context, scope aws.Scope, nameOrARN string) (*sagemaker.TrainingSpecification, string, error) {
	var r *row
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		r, err = load(tx, scope, nameOrARN)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if r.Body.Status != sagemaker.AlgorithmStatusCompleted {
		return nil, "", aws.Invalid("Algorithm %s is in status %s. An algorithm can be used once it is Completed.", r.ARN, r.Body.Status)
	}
	return r.Body.Request.TrainingSpecification, r.ARN, nil
}
