package inferencecomponent

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// CreateInferenceComponent brings a model to the instances of an endpoint's variant:
// it answers at once, and the component is InService when all its copies answer
// /ping, or Failed with the reason.
func (s *Service) CreateInferenceComponent(ctx context.Context, in *sagemaker.CreateInferenceComponentInput) (*sagemaker.CreateInferenceComponentOutput, error) {
	scope := aws.ScopeFrom(ctx)
	v, err := s.version(ctx, scope, in.Specification, nil)
	if err != nil {
		return nil, err
	}
	var r *row
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		h, err := s.Endpoints.Host(tx, scope, *in.EndpointName)
		if err != nil {
			return err
		}
		if h.Gone {
			return aws.Invalid("Endpoint %q takes no inference components while it is %s.", h.ARN, h.Status)
		}
		if _, ok := h.Variants[*in.VariantName]; !ok {
			return aws.Invalid("Endpoint %q has no variant %s that hosts inference components: one without a ModelName in its endpoint configuration.", h.ARN, *in.VariantName)
		}
		r = &row{Scope: scope, Name: *in.InferenceComponentName, Parent: *in.EndpointName, Status: string(creating), Body: Component{
			Status: creating, EndpointARN: h.ARN, Variant: *in.VariantName,
		}}
		first := *v
		r.Body.begin(&first, int(*in.RuntimeConfig.CopyCount), tx.Now)
		if err := components.Create(tx, s.Quotas, r, in.Tags); err != nil {
			return err
		}
		return s.enqueue(tx, r)
	})
	if err != nil {
		return nil, err
	}
	return &sagemaker.CreateInferenceComponentOutput{InferenceComponentArn: &r.ARN}, nil
}
