package endpointconfig

import (
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// Media types of baselines and of what is explained.
const (
	mimeCSV       = "text/csv"
	mimeJSONLines = "application/jsonlines"
)

// checkExplainer is CreateEndpointConfig-13 to -17, as far as members fit each
// other; Config.CheckExplainer looks into the expressions.
func checkExplainer(in *sagemaker.CreateEndpointConfigInput) error {
	if in.ExplainerConfig == nil {
		return nil
	}
	e := in.ExplainerConfig.ClarifyExplainerConfig
	switch {
	case e == nil:
		return aws.Invalid("ExplainerConfig is empty. Give its ClarifyExplainerConfig, or leave it out.")
	case in.AsyncInferenceConfig != nil:
		return aws.Invalid("An endpoint with an AsyncInferenceConfig explains nothing: its answers are not looked into. Leave out ExplainerConfig or AsyncInferenceConfig.")
	}
	if err := checkBaseline(e.ShapConfig.ShapBaselineConfig); err != nil {
		return err
	}
	i := e.InferenceConfig
	if i == nil {
		i = &sagemaker.ClarifyInferenceConfig{}
	}
	if err := checkSelectors(i); err != nil {
		return err
	}
	return checkFeatures(i, e.ShapConfig.TextConfig)
}

// checkBaseline is CreateEndpointConfig-16.
func checkBaseline(b *sagemaker.ClarifyShapBaselineConfig) error {
	switch {
	case (b.ShapBaseline == nil) == (b.ShapBaselineUri == nil):
		return aws.Invalid("ShapBaselineConfig needs a ShapBaseline or a ShapBaselineUri, and only one of them.")
	case b.MimeType != nil && *b.MimeType != mimeCSV && *b.MimeType != mimeJSONLines:
		return aws.Invalid("The MimeType %s of ShapBaselineConfig is not supported. It is %s or %s.", *b.MimeType, mimeCSV, mimeJSONLines)
	case b.ShapBaselineUri != nil:
		return checkURI("ShapBaselineConfig.ShapBaselineUri", *b.ShapBaselineUri)
	}
	return nil
}

// checkSelectors is CreateEndpointConfig-14 and -15: indexes choose in CSV,
// attributes in JSON Lines.
func checkSelectors(i *sagemaker.ClarifyInferenceConfig) error {
	switch {
	case i.ContentTemplate != nil && !strings.Contains(*i.ContentTemplate, "$features"):
		return aws.Invalid("ContentTemplate %s has no $features, where the features of a record are put.", *i.ContentTemplate)
	case i.FeaturesAttribute != nil && i.ContentTemplate == nil:
		return aws.Invalid("FeaturesAttribute finds the features in JSON Lines, and to write such records ContentTemplate is needed, too: for example {\"features\":$features}.")
	case (i.ProbabilityIndex != nil || i.LabelIndex != nil) && (i.ProbabilityAttribute != nil || i.LabelAttribute != nil):
		return aws.Invalid("ProbabilityIndex and LabelIndex choose in CSV, ProbabilityAttribute and LabelAttribute in JSON Lines. Give those of the format that the model answers in.")
	}
	return nil
}

// checkFeatures is CreateEndpointConfig-15 and -17.
func checkFeatures(i *sagemaker.ClarifyInferenceConfig, text *sagemaker.ClarifyTextConfig) error {
	hasText := slices.Contains(i.FeatureTypes, sagemaker.ClarifyFeatureTypeText)
	switch {
	case len(i.FeatureHeaders) > 0 && len(i.FeatureTypes) > 0 && len(i.FeatureHeaders) != len(i.FeatureTypes):
		return aws.Invalid("There are %d FeatureHeaders and %d FeatureTypes. Give one of each for every feature, in the same order.", len(i.FeatureHeaders), len(i.FeatureTypes))
	case hasText && text == nil:
		return aws.Invalid("FeatureTypes has a text feature, which is explained by the units of its text: give ShapConfig.TextConfig.")
	case text != nil && len(i.FeatureTypes) > 0 && !hasText:
		return aws.Invalid("TextConfig is for text features, and FeatureTypes has none. Leave out TextConfig, or say which feature is text.")
	}
	return nil
}
