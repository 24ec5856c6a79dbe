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
	err := groups.Drop(ctx, s.Base, *in.ModelPackageGroupName, func(tx *store.Tx, g *groupRow) error {
		left, err := packages.Count(tx, g.Scope, store.Query{Parent: parentOf(g.Name)})
		if err == nil && left > 0 {
			err = aws.Errorf(aws.ConflictException, "The model package group %s cannot be deleted because it still contains %d model packages. Delete its versions first.", g.ARN, left)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.DeleteModelPackageGroupOutput{}, nil
}
