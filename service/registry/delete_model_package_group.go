package registry

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DeleteModelPackageGroup removes a group with its tags and its policy. A group
// that has versions is a ConflictException (CreateModelPackage-15, DescMP-13).
func (s *Service) DeleteModelPackageGroup(ctx context.Context, in *sagemaker.DeleteModelPackageGroupInput) (*sagemaker.DeleteModelPackageGroupOutput, error) {
	scope := aws.ScopeFrom(ctx)
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		g, err := groups.Find(tx, scope, *in.ModelPackageGroupName)
		if err != nil {
			return err
		}
		left, err := packages.Count(tx, scope, store.Query{Parent: parentOf(g.Name)})
		if err != nil {
			return err
		}
		if left > 0 {
			return aws.Errorf(aws.ConflictException, "The model package group %s cannot be deleted because it still contains %d model packages. Delete its versions first.", g.ARN, left)
		}
		return groups.Remove(tx, g)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteModelPackageGroupOutput{}, nil
}
