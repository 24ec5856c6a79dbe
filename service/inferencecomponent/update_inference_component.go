package inferencecomponent

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// UpdateInferenceComponent brings copies of another specification beside those that
// serve, which go as the new ones answer: no request is lost. When a new one does
// not become healthy, the component has Failed and what served goes on serving.
func (s *Service) UpdateInferenceComponent(ctx context.Context, in *sagemaker.UpdateInferenceComponentInput) (*sagemaker.UpdateInferenceComponentOutput, error) {
	if in.Specification == nil && in.RuntimeConfig == nil {
		return nil, aws.Invalid("There is nothing to update: give a Specification or a RuntimeConfig.")
	}
	r, err := components.Read(ctx, s.Base, *in.InferenceComponentName)
	if err == nil {
		err = may(update, r)
	}
	if err != nil {
		return nil, err
	}
	var v *Version
	if in.Specification != nil {
		if v, err = s.version(ctx, r.Scope, in.Specification, r.Body.latest()); err != nil {
			return nil, err
		}
	}
	if r, err = s.update(ctx, r.Name, v, in.RuntimeConfig); err != nil {
		return nil, err
	}
	return &sagemaker.UpdateInferenceComponentOutput{InferenceComponentArn: &r.ARN}, nil
}

// update begins a change to a version, nil for the one that there is, in as many
// copies as runtime says, nil for as many as there are.
func (s *Service) update(ctx context.Context, name string, v *Version, runtime *sagemaker.InferenceComponentRuntimeConfig) (*row, error) {
	return components.Change(ctx, s.Base, name, func(tx *store.Tx, r *row) error {
		if err := may(update, r); err != nil {
			return err
		}
		c := &r.Body
		next, count := c.latest(), c.Desired
		if v != nil {
			fresh := *v
			next = &fresh
		}
		if runtime != nil {
			count = int(*runtime.CopyCount)
		}
		c.begin(next, count, tx.Now)
		if err := update.Fire(&c.Status, c, tx.Now); err != nil {
			return err
		}
		r.Status = string(c.Status)
		return s.enqueue(tx, r)
	})
}
