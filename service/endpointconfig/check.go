package endpointconfig

import (
	"fmt"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
)

// check refuses requests that contradict themselves, or ask for what is not built.
// Modelled constraints were checked before.
func check(in *sagemaker.CreateEndpointConfigInput) error {
	for _, rule := range []func(*sagemaker.CreateEndpointConfigInput) error{
		checkNames, checkShadow, checkEachVariant, checkComponents, checkServerless, checkVolumeKey, checkCapture, checkAsync, checkExplainer,
	} {
		if err := rule(in); err != nil {
			return err
		}
	}
	return nil
}

// checkNames is about names that requests choose variants by (TargetVariant).
func checkNames(in *sagemaker.CreateEndpointConfigInput) error {
	seen := map[string]bool{}
	for _, v := range variants(in) {
		if seen[*v.VariantName] {
			return aws.Invalid("The variant name %q occurs more than once. Names are unique among production and shadow variants together.", *v.VariantName)
		}
		seen[*v.VariantName] = true
	}
	return nil
}

// checkShadow is CreateEndpointConfig-6 and Shadow-1.
func checkShadow(in *sagemaker.CreateEndpointConfigInput) error {
	production, shadow := len(in.ProductionVariants), len(in.ShadowProductionVariants)
	switch {
	case shadow == 0:
		return nil
	case production != 1 || shadow != 1:
		return aws.Invalid("There are %d production and %d shadow variants. With ShadowProductionVariants there is exactly one of each.", production, shadow)
	case in.AsyncInferenceConfig != nil:
		return aws.Invalid("An endpoint with an AsyncInferenceConfig has no shadow variants. Leave out ShadowProductionVariants or AsyncInferenceConfig.")
	}
	return nil
}

func checkEachVariant(in *sagemaker.CreateEndpointConfigInput) error {
	for _, v := range variants(in) {
		if err := checkVariant(v); err != nil {
			return err
		}
	}
	return nil
}

// checkComponents is CreateEndpointConfig-5: variants without a model host
// inference components.
func checkComponents(in *sagemaker.CreateEndpointConfigInput) error {
	without := ""
	for _, v := range variants(in) {
		if v.ModelName == nil {
			without = *v.VariantName
		}
	}
	if without == "" {
		return nil
	}
	for _, v := range variants(in) {
		if v.ModelName != nil {
			return aws.Invalid("The variant %q has a ModelName and the variant %q has none. Either every variant names its model, or all of them host inference components.", *v.VariantName, without)
		}
	}
	switch {
	case in.ExecutionRoleArn == nil:
		return aws.Invalid("The variant %q has no ModelName, so it hosts inference components, and these act as the role of the endpoint configuration: give its ExecutionRoleArn, or a ModelName.", without)
	case len(in.ShadowProductionVariants) > 0:
		return aws.Invalid("Variants that host inference components have no shadow variants. Give each variant a ModelName, or leave out ShadowProductionVariants.")
	case in.AsyncInferenceConfig != nil:
		return aws.Invalid("Variants that host inference components cannot be asked asynchronously. Give each variant a ModelName, or leave out AsyncInferenceConfig.")
	case in.ExplainerConfig != nil:
		return aws.Invalid("Inference components are not explained. Give each variant a ModelName, or leave out ExplainerConfig.")
	}
	return nil
}

// checkServerless is CreateEndpointConfig-4 and Serverless-1, for what the whole
// configuration says; checkModel is about the models.
func checkServerless(in *sagemaker.CreateEndpointConfigInput) error {
	name := ""
	for _, v := range variants(in) {
		if v.ServerlessConfig != nil {
			name = *v.VariantName
		}
	}
	if name == "" {
		return nil
	}
	what := ""
	switch {
	case len(in.ShadowProductionVariants) > 0:
		what = "shadow variants"
	case len(in.ProductionVariants) > 1:
		what = "other variants beside it"
	case in.AsyncInferenceConfig != nil:
		what = "an AsyncInferenceConfig"
	case in.DataCaptureConfig != nil && (in.DataCaptureConfig.EnableCapture == nil || *in.DataCaptureConfig.EnableCapture):
		what = "data capture"
	case in.VpcConfig != nil:
		what = "a VpcConfig"
	case aws.Val(in.EnableNetworkIsolation):
		what = "EnableNetworkIsolation"
	default:
		return nil
	}
	return aws.Invalid("The variant %q has a ServerlessConfig, and a serverless endpoint cannot have %s. Use an InstanceType and InitialInstanceCount instead of ServerlessConfig, or leave the other out.", name, what)
}

// checkURI refuses a URI that names no bucket.
func checkURI(member, uri string) error {
	if _, _, err := blob.ParseURI(uri); err != nil {
		return aws.Invalid("%s: %s.", member, err)
	}
	return nil
}

// inVariant is a refusal that names its variant.
func inVariant(v *sagemaker.ProductionVariant, format string, args ...any) error {
	return aws.Invalid("The variant %q %s", *v.VariantName, fmt.Sprintf(format, args...))
}
