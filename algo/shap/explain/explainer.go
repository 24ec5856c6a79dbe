package explain

import (
	"slices"
	"sync/atomic"

	"github.com/jmespath/go-jmespath"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

const (
	// defaultPayloadMB is MaxPayloadInMB where it is not given (CreateEndpointConfig-13).
	defaultPayloadMB = 6
	// beginRecords is how many records requests begin with where MaxRecordCount is
	// not given.
	beginRecords = 512
)

// Explainer explains the predictions of one endpoint. It can be used by many
// requests at the same time.
type Explainer struct {
	config    *sagemaker.ClarifyExplainerConfig
	inference *sagemaker.ClarifyInferenceConfig
	text      *sagemaker.ClarifyTextConfig // nil for tabular data
	format    format
	selectors selectors
	enable    *jmespath.JMESPath // nil for always
	baseline  []record
	isText    []bool // of each feature
	types     []sagemaker.ClarifyFeatureType

	records, bytes int // of a request to the model at most; 0 records to find out
	// found is how many records the model has turned out to take, 0 until it refused.
	found atomic.Int64
}

// New makes the explainer of a configuration that Check has passed. baseline is what
// ShapBaseline says, or the object that ShapBaselineUri names.
func New(c *sagemaker.ClarifyExplainerConfig, baseline []byte) (*Explainer, error) {
	e, err := compile(c)
	if err != nil {
		return nil, err
	}
	if err := e.take(baseline); err != nil {
		return nil, err
	}
	return e, nil
}

// take reads the baseline.
func (e *Explainer) take(data []byte) (err error) {
	mime := aws.Val(e.config.ShapConfig.ShapBaselineConfig.MimeType)
	if mime == "" {
		mime = mimeCSV
	}
	if e.baseline, err = e.format.read(mime, data); err != nil {
		return aws.Invalid("The SHAP baseline cannot be read: %v.", err)
	}
	if len(e.baseline) == 0 {
		return aws.Invalid("The SHAP baseline has no records. Give at least one, with a value for each feature.")
	}
	features := len(e.baseline[0].cells)
	for i, r := range e.baseline {
		if len(r.cells) != features {
			return aws.Invalid("Record %d of the SHAP baseline has %d features, and the first has %d. All records have the same features.", i, len(r.cells), features)
		}
	}
	for _, l := range []struct {
		member string
		count  int
	}{{"FeatureHeaders", len(e.inference.FeatureHeaders)}, {"FeatureTypes", len(e.inference.FeatureTypes)}} {
		if l.count > 0 && l.count != features {
			return aws.Invalid("There are %d %s, and the records of the SHAP baseline have %d features. Give one for each feature, in the same order.", l.count, l.member, features)
		}
	}
	e.infer(features)
	if e.text != nil && !slices.Contains(e.isText, true) {
		return aws.Invalid("TextConfig is for text features, and all features of the SHAP baseline are numbers. Leave out TextConfig, or say with FeatureTypes which feature is text.")
	}
	return nil
}

// infer finds the types of the features where they are not given.
func (e *Explainer) infer(features int) {
	e.types = e.inference.FeatureTypes
	if len(e.types) == 0 {
		e.types = make([]sagemaker.ClarifyFeatureType, features)
		for i := range e.types {
			e.types[i] = sagemaker.ClarifyFeatureTypeNumerical
			for _, r := range e.baseline {
				switch {
				case r.cells[i].isNumber:
				case e.text != nil:
					e.types[i] = sagemaker.ClarifyFeatureTypeText
				default:
					e.types[i] = sagemaker.ClarifyFeatureTypeCategorical
				}
			}
		}
	}
	e.isText = make([]bool, features)
	for i, t := range e.types {
		e.isText[i] = e.text != nil && t == sagemaker.ClarifyFeatureTypeText
	}
}
