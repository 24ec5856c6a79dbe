package algorithm

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteAlgorithm removes an algorithm and its tags; its name is free again. One
// that is being validated is refused (DeleteAlgorithm-1). Jobs that were started
// with it go on, because they took what they need from it.
func (s *Service) DeleteAlgorithm(ctx context.Context, in *sagemaker.DeleteAlgorithmInput) (*sagemaker.DeleteAlgorithmOutput, error) {
	scope := aws.ScopeFrom(ctx)
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := load(tx, scope, *in.AlgorithmName)
		if err != nil {
			return err
		}
		if !ended(r.Body.Status) {
			return aws.Invalid("Cannot delete Algorithm in %s status. Wait until it is validated, or stop its validation job.", r.Body.Status)
		}
		if err := store.DropTags(tx, scope, r.ARN); err != nil {
			return err
		}
		return algorithms.Delete(tx, scope, r.Name)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteAlgorithmOutput{}, nil
}
