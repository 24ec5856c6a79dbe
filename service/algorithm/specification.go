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
		r, err = loadUsable(tx, scope, nameOrARN)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return r.Body.Request.TrainingSpecification, r.ARN, nil
}

// InferenceSpecification is for services that register models which were made with
// an algorithm: how those are served (CreateModelPackage-6). It belongs to the
// caller. The refusals are those of TrainingSpecification, and one of an algorithm
// that says nothing about inference.
func (s *Service) InferenceSpecification(tx *store.Tx, scope aws.Scope, nameOrARN string) (*sagemaker.InferenceSpecification, error) {
	r, err := loadUsable(tx, scope, nameOrARN)
	if err != nil {
		return nil, err
	}
	spec := r.Body.Request.InferenceSpecification
	if spec == nil {
		return nil, aws.Invalid("Algorithm %s has no InferenceSpecification, so it does not say how its models are served. Give the model package an InferenceSpecification of its own.", r.ARN)
	}
	return spec, nil
}

// loadUsable is load for those that want to use the algorithm.
func loadUsable(tx *store.Tx, scope aws.Scope, nameOrARN string) (*row, error) {
	r, err := load(tx, scope, nameOrARN)
	if err != nil {
		return nil, err
	}
	if r.Body.Status != sagemaker.AlgorithmStatusCompleted {
		return nil, aws.Invalid("Algorithm %s is in status %s. An algorithm can be used once it is Completed.", r.ARN, r.Body.Status)
	}
	return r, nil
}
