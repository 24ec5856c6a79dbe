package registry

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteModelPackage removes a package, or one version. Models that were made from
// it keep what they took; the number of a version is not given again.
func (s *Service) DeleteModelPackage(ctx context.Context, in *sagemaker.DeleteModelPackageInput) (*sagemaker.DeleteModelPackageOutput, error) {
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := load(tx, aws.ScopeFrom(ctx), *in.ModelPackageName)
		if err != nil {
			return err
		}
		return packages.Remove(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteModelPackageOutput{}, nil
}
