package endpoint

import (
	"context"

	"github.com/sagebrush/sagebrush/algo/traffic"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/replica"
)

// DescribeEndpoint answers what serves, and what is to (DescribeEndpoint-1 … -8).
func (s *Service) DescribeEndpoint(ctx context.Context, in *sagemaker.DescribeEndpointInput) (*sagemaker.DescribeEndpointOutput, error) {
	r, err := endpoints.Read(ctx, s.Base, *in.EndpointName)
	if err != nil {
		return nil, err
	}
	return describe(r), nil
}

func describe(r *row) *sagemaker.DescribeEndpointOutput {
	e := &r.Body
	out := &sagemaker.DescribeEndpointOutput{
		EndpointName: &r.Name, EndpointArn: &r.ARN, EndpointStatus: e.Status, FailureReason: aws.Optional(clip(e.FailureReason)),
		CreationTime: &r.CreatedAt, LastModifiedTime: &r.ModifiedAt, LastDeploymentConfig: e.LastDeployment,
	}
	if f := e.Fleet; f != nil {
		c := &f.Config
		out.EndpointConfigName, out.AsyncInferenceConfig, out.ExplainerConfig = c.EndpointConfigName, c.AsyncInferenceConfig, c.ExplainerConfig
		out.DataCaptureConfig = captureSummary(c.DataCaptureConfig, e.Status)
		if e.Status != creating && e.Status != failed {
			out.ProductionVariants, out.ShadowProductionVariants = summaries(e, f, false), summaries(e, f, true)
		}
	}
	out.PendingDeploymentSummary = pending(e)
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

// summaries are the variants of what serves.
func summaries(e *Endpoint, f *Fleet, shadow bool) []*sagemaker.ProductionVariantSummary {
	var list []*sagemaker.ProductionVariantSummary
	for i := range f.Variants {
		v := &f.Variants[i]
		if v.Shadow != shadow {
			continue
		}
		set := settings(&f.Config, v.Name)
		summary := &sagemaker.ProductionVariantSummary{
			VariantName: &v.Name, DeployedImages: images(v),
			CurrentWeight: aws.Ptr(v.Weight), DesiredWeight: aws.Ptr(v.DesiredWeight),
			CurrentInstanceCount: aws.Ptr(int32(v.Count)), DesiredInstanceCount: aws.Ptr(int32(v.DesiredCount)),
			ManagedInstanceScaling: set.ManagedInstanceScaling, RoutingConfig: set.RoutingConfig,
		}
		if s := v.Serverless; s != nil { // it has no instances that anybody counts
			summary.CurrentInstanceCount, summary.DesiredInstanceCount = nil, nil
			summary.CurrentServerlessConfig, summary.DesiredServerlessConfig = &s.Current, &s.Desired
		}
		if d := e.Deployment; d != nil && d.Fleet != nil && d.State.Phase == traffic.Terminating || e.Status == deleting {
			summary.VariantStatus = []*sagemaker.ProductionVariantStatus{{Status: sagemaker.VariantStatusDeleting}}
			if d != nil {
				summary.VariantStatus[0].StartTime = &d.State.Since
			}
		}
		if e.Deployment != nil && e.Deployment.Fleet == nil {
			if _, changes := e.Deployment.Before[v.Name]; changes {
				summary.VariantStatus = []*sagemaker.ProductionVariantStatus{{Status: sagemaker.VariantStatusUpdating, StartTime: &e.Deployment.StartedAt}}
			}
		}
		list = append(list, summary)
	}
	return list
}

func images(v *Variant) []*sagemaker.DeployedImage {
	return kit.Map(v.Images, func(i sagemaker.DeployedImage) *sagemaker.DeployedImage { return &i })
}

// pending is what is to serve (DescribeEndpoint-7), nil while nothing new is.
func pending(e *Endpoint) *sagemaker.PendingDeploymentSummary {
	if e.Deployment == nil || e.Status != creating && e.Status != updating {
		return nil
	}
	f := e.Deployment.Fleet
	if e.Status == creating {
		f = e.Fleet
	}
	if f == nil {
		return nil
	}
	out := &sagemaker.PendingDeploymentSummary{EndpointConfigName: f.Config.EndpointConfigName, StartTime: &e.Deployment.StartedAt}
	for i := range f.Variants {
		v := &f.Variants[i]
		set := settings(&f.Config, v.Name)
		one := &sagemaker.PendingProductionVariantSummary{
			VariantName: &v.Name, DeployedImages: images(v), DesiredWeight: aws.Ptr(v.DesiredWeight), DesiredInstanceCount: aws.Ptr(int32(v.DesiredCount)),
			InstanceType: set.InstanceType, AcceleratorType: set.AcceleratorType, DesiredServerlessConfig: set.ServerlessConfig,
			ManagedInstanceScaling: set.ManagedInstanceScaling, RoutingConfig: set.RoutingConfig,
			VariantStatus: []*sagemaker.ProductionVariantStatus{stage(e)},
		}
		if v.Serverless != nil {
			one.DesiredInstanceCount = nil
		}
		if v.Shadow {
			out.ShadowProductionVariants = append(out.ShadowProductionVariants, one)
		} else {
			out.ProductionVariants = append(out.ProductionVariants, one)
		}
	}
	return out
}

// stage is how far the variants of a fleet are that is to serve
// (DescribeEndpoint-6).
func stage(e *Endpoint) *sagemaker.ProductionVariantStatus {
	d := e.Deployment
	if d.Fleet == nil {
		return &sagemaker.ProductionVariantStatus{Status: sagemaker.VariantStatusCreating, StartTime: &d.StartedAt}
	}
	s := &sagemaker.ProductionVariantStatus{Status: sagemaker.VariantStatusCreating, StartTime: &d.State.Since}
	switch d.State.Phase {
	case traffic.Shifting:
		s.Status = sagemaker.VariantStatusActivatingTraffic
	case traffic.Baking:
		s.Status = sagemaker.VariantStatusBaking
	case traffic.Terminating, traffic.Removing:
		s.Status = sagemaker.VariantStatusUpdating
	case traffic.Restoring, traffic.Returning, traffic.Clearing:
		s.Status, s.StatusMessage = sagemaker.VariantStatusDeleting, aws.Ptr(clip(d.State.Reason))
	}
	return s
}

// captureSummary says what is captured now (DescribeEndpoint-8).
func captureSummary(c *sagemaker.DataCaptureConfig, s status) *sagemaker.DataCaptureConfigSummary {
	if c == nil {
		return nil
	}
	now := sagemaker.CaptureStatusStopped
	if aws.Val(c.EnableCapture) && s != creating && s != failed && s != deleting {
		now = sagemaker.CaptureStatusStarted
	}
	return &sagemaker.DataCaptureConfigSummary{
		EnableCapture: c.EnableCapture, CaptureStatus: now, CurrentSamplingPercentage: c.InitialSamplingPercentage,
		DestinationS3Uri: c.DestinationS3Uri, KmsKeyId: aws.Ptr(aws.Val(c.KmsKeyId)),
	}
}

// deployedImages are the images that containers run (DescribeEndpoint-4).
func deployedImages(list []replica.Resolved) []sagemaker.DeployedImage {
	return kit.Map(list, func(r replica.Resolved) sagemaker.DeployedImage {
		return sagemaker.DeployedImage{SpecifiedImage: &r.Specified, ResolvedImage: &r.Resolved, ResolutionTime: &r.At}
	})
}
