package inferencecomponent

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

var listComponents = kit.NewList(components.Table, kit.ListOptions[sagemaker.ListInferenceComponentsInput, Component]{
	Descending: true, Own: []string{"EndpointNameEquals", "VariantNameEquals"},
	Narrow: func(in *sagemaker.ListInferenceComponentsInput, q *store.Query) error {
		q.Parent = aws.Val(in.EndpointNameEquals)
		return nil
	},
	Keep: func(in *sagemaker.ListInferenceComponentsInput) func(*row) bool {
		if in.VariantNameEquals == nil {
			return nil
		}
		return func(r *row) bool { return r.Body.Variant == *in.VariantNameEquals }
	},
})

// ListInferenceComponents lists components, the youngest first unless told
// otherwise.
func (s *Service) ListInferenceComponents(ctx context.Context, in *sagemaker.ListInferenceComponentsInput) (*sagemaker.ListInferenceComponentsOutput, error) {
	rows, next, err := listComponents.Page(ctx, s.Base, in)
	if err != nil {
		return nil, err
	}
	return &sagemaker.ListInferenceComponentsOutput{NextToken: next, InferenceComponents: kit.Map(rows, func(r *row) *sagemaker.InferenceComponentSummary {
		return &sagemaker.InferenceComponentSummary{
			InferenceComponentName: &r.Name, InferenceComponentArn: &r.ARN, EndpointName: &r.Parent, EndpointArn: &r.Body.EndpointARN, VariantName: &r.Body.Variant,
			CreationTime: &r.CreatedAt, LastModifiedTime: &r.ModifiedAt, InferenceComponentStatus: r.Body.Status,
		}
	})}, nil
}
