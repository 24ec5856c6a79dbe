package inferencecomponent

import (
	"context"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// DescribeInferenceComponent answers what serves, or in a new component what is to.
func (s *Service) DescribeInferenceComponent(ctx context.Context, in *sagemaker.DescribeInferenceComponentInput) (*sagemaker.DescribeInferenceComponentOutput, error) {
	r, err := components.Read(ctx, s.Base, *in.InferenceComponentName)
	if err != nil {
		return nil, err
	}
	c := &r.Body
	out := &sagemaker.DescribeInferenceComponentOutput{
		InferenceComponentName: &r.Name, InferenceComponentArn: &r.ARN, EndpointName: &r.Parent, EndpointArn: &c.EndpointARN, VariantName: &c.Variant,
		FailureReason: aws.Optional(clip(c.FailureReason)), CreationTime: &r.CreatedAt, LastModifiedTime: &r.ModifiedAt, InferenceComponentStatus: c.Status,
		RuntimeConfig: &sagemaker.InferenceComponentRuntimeConfigSummary{DesiredCopyCount: aws.Ptr(int32(c.Desired)), CurrentCopyCount: aws.Ptr(int32(c.Current))},
	}
	v := c.Serving
	if v == nil {
		v = c.latest()
	}
	if v != nil {
		out.Specification = summary(v)
	}
	return out, nil
}

func summary(v *Version) *sagemaker.InferenceComponentSpecificationSummary {
	out := &sagemaker.InferenceComponentSpecificationSummary{
		ModelName: v.Spec.ModelName, StartupParameters: v.Spec.StartupParameters, ComputeResourceRequirements: v.Spec.ComputeResourceRequirements,
	}
	if c := v.Spec.Container; c != nil {
		out.Container = &sagemaker.InferenceComponentContainerSpecificationSummary{ArtifactUrl: c.ArtifactUrl, Environment: c.Environment, DeployedImage: v.Image}
		if v.Image == nil {
			out.Container.DeployedImage = &sagemaker.DeployedImage{SpecifiedImage: c.Image}
		}
	}
	return out
}

// maxReason is the length of a FailureReason, in characters.
const maxReason = 1024

func clip(s string) string {
	if r := []rune(s); len(r) > maxReason {
		return string(r[:maxReason-1]) + "…"
	}
	return s
}
