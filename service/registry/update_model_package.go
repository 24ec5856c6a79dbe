package registry

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// UpdateModelPackage approves or rejects a version, changes its metadata, and adds
// inference specifications (UpdMP-1 … UpdMP-4).
func (s *Service) UpdateModelPackage(ctx context.Context, in *sagemaker.UpdateModelPackageInput) (*sagemaker.UpdateModelPackageOutput, error) {
	if err := s.resolveAdditional(ctx, in.AdditionalInferenceSpecificationsToAdd); err != nil {
		return nil, err
	}
	var arn string
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := load(tx, aws.ScopeFrom(ctx), *in.ModelPackageArn)
		if err != nil {
			return err
		}
		if !r.Body.versioned() {
			return aws.Invalid("%s is a model package without versions, which cannot be updated. Register versions of a model package group for models that change.", r.ARN)
		}
		decided, err := update(r, in, kit.UserContextWithIdentity(ctx), tx.Now)
		if err != nil {
			return err
		}
		arn = r.ARN
		if err := packages.Update(tx, r); err != nil || !decided || s.Lineage == nil {
			return err
		}
		return s.Lineage.RecordApproval(tx, r.Scope, show(r))
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.UpdateModelPackageOutput{ModelPackageArn: &arn}, nil
}
