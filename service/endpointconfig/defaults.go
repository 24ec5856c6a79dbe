package endpointconfig

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

const (
	// defaultWeight is the InitialVariantWeight of a variant that has none.
	defaultWeight float32 = 1
	// defaultPayloadMB is the MaxPayloadInMB of an explainer that has none.
	defaultPayloadMB int32 = 6
	// defaultMime is the MimeType of an explainer's baseline that has none.
	defaultMime = "text/csv"
)

// setDefaults fills in the answers that DescribeEndpointConfig gives although
// nobody sent them (DescribeEndpointConfig-1, CreateEndpointConfig-3, -10, -13, -16).
func setDefaults(in *sagemaker.CreateEndpointConfigInput) {
	for _, v := range variants(in) {
		fill(&v.InitialVariantWeight, defaultWeight)
		if m := v.ManagedInstanceScaling; m != nil && m.Status == "" {
			m.Status = sagemaker.ManagedInstanceScalingStatusEnabled // why else would it be there
		}
	}
	if c := in.DataCaptureConfig; c != nil {
		fill(&c.EnableCapture, true)
	}
	fill(&in.EnableNetworkIsolation, false)
	if in.ExplainerConfig == nil {
		return
	}
	e := in.ExplainerConfig.ClarifyExplainerConfig
	if e.InferenceConfig != nil {
		fill(&e.InferenceConfig.MaxPayloadInMB, defaultPayloadMB)
	}
	fill(&e.ShapConfig.UseLogit, false)
	fill(&e.ShapConfig.ShapBaselineConfig.MimeType, defaultMime)
}

// fill sets a member that was not sent.
func fill[T any](member **T, value T) {
	if *member == nil {
		*member = aws.Ptr(value)
	}
}
