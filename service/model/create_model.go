package model

import (
	"context"
	"fmt"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// CreateModel records a model (DescModel-1). Its data has to be there, and a model
// package that it is made from has to be approved (CreateModelPackage-5).
func (s *Service) CreateModel(ctx context.Context, in *sagemaker.CreateModelInput) (*sagemaker.CreateModelOutput, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	setDefaults(in)
	tags := in.Tags
	in.Tags = nil // they live with the tags of all resources, and change there
	scope := aws.ScopeFrom(ctx)
	r := &row{Scope: scope, Name: *in.ModelName, Body: Model{Request: *in}}
	if err := s.findData(ctx, scope, in); err != nil {
		return nil, err
	}
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		if in.ExecutionRoleArn != nil {
			if err := s.Roles.EnsureRole(tx, scope, *in.ExecutionRoleArn); err != nil {
				return err
			}
		}
		if err := s.resolve(tx, r); err != nil {
			return err
		}
		return models.Create(tx, s.Quotas, r, tags)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateModelOutput{ModelArn: &r.ARN}, nil
}

// resolve notes the containers of the model's packages, as they are now, and
// refuses a model that could not run with them.
func (s *Service) resolve(tx *store.Tx, r *row) error {
	for i, c := range containers(&r.Body.Request) {
		if c.ModelPackageName == nil {
			continue
		}
		found, err := s.Packages.ForModel(tx, r.Scope, *c.ModelPackageName, c.InferenceSpecificationName)
		if err != nil {
			return err
		}
		if r.Body.Packaged == nil {
			r.Body.Packaged = map[int][]*sagemaker.ModelPackageContainerDefinition{}
		}
		r.Body.Packaged[i] = found
	}
	_, err := deployable(r)
	return err
}

// setDefaults fills in the answers that DescribeModel gives although nobody sent
// them (DescModel-2, -11).
func setDefaults(in *sagemaker.CreateModelInput) {
	if in.EnableNetworkIsolation == nil {
		in.EnableNetworkIsolation = aws.Ptr(false)
	}
	for i, c := range containers(in) {
		if c.Mode == "" {
			c.Mode = sagemaker.ContainerModeSingleModel
		}
		if c.ContainerHostname == nil && in.PrimaryContainer == nil {
			c.ContainerHostname = aws.Ptr(fmt.Sprintf("container-%d", i+1))
		}
	}
	if in.PrimaryContainer == nil && in.InferenceExecutionConfig == nil {
		in.InferenceExecutionConfig = &sagemaker.InferenceExecutionConfig{Mode: sagemaker.InferenceExecutionModeSerial}
	}
}
