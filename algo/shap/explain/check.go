package explain

import (
	"encoding/json"
	"strings"

	"github.com/jmespath/go-jmespath"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// maxInline bounds a ShapBaseline, in bytes (CreateEndpointConfig-16).
const maxInline = 4096

// Check refuses a configuration that no request could be answered with: expressions
// that are no JMESPath, a template that gives no JSON, an inline baseline that
// cannot be read or does not fit the headers and types of the features. What the
// members must be together is CreateEndpointConfig's own to check.
func Check(c *sagemaker.ClarifyExplainerConfig) error {
	e, err := compile(c)
	if err != nil {
		return err
	}
	b := c.ShapConfig.ShapBaselineConfig
	if b.ShapBaseline == nil {
		return nil
	}
	if n := len(*b.ShapBaseline); n > maxInline {
		return aws.Invalid("ShapBaseline has %d bytes, and at most %d can be given inline. Upload it, and name it as ShapBaselineUri.", n, maxInline)
	}
	return e.take([]byte(*b.ShapBaseline))
}

// compile makes an Explainer without its baseline.
func compile(c *sagemaker.ClarifyExplainerConfig) (*Explainer, error) {
	i := c.InferenceConfig
	if i == nil {
		i = &sagemaker.ClarifyInferenceConfig{}
	}
	e := &Explainer{
		config: c, inference: i, text: c.ShapConfig.TextConfig,
		records: int(aws.Val(i.MaxRecordCount)), bytes: defaultPayloadMB << 20,
		selectors: selectors{scoreIndex: i.ProbabilityIndex, labelIndex: i.LabelIndex},
	}
	if i.MaxPayloadInMB != nil {
		e.bytes = int(*i.MaxPayloadInMB) << 20
	}
	if e.format.template = aws.Val(i.ContentTemplate); e.format.template != "" {
		filled := strings.ReplaceAll(e.format.template, placeholder, "[1]")
		if !json.Valid([]byte(filled)) || strings.ContainsAny(filled, "\r\n") || filled == e.format.template {
			return nil, aws.Invalid("ContentTemplate %s is no JSON on one line when %s is replaced by the features of a record, such as [1,2]. An example is {\"features\":%s}.", e.format.template, placeholder, placeholder)
		}
	}
	for _, x := range []struct {
		member string
		text   *string
		into   **jmespath.JMESPath
	}{
		{"EnableExplanations", c.EnableExplanations, &e.enable},
		{"FeaturesAttribute", i.FeaturesAttribute, &e.format.features},
		{"ProbabilityAttribute", i.ProbabilityAttribute, &e.selectors.score},
		{"LabelAttribute", i.LabelAttribute, &e.selectors.label},
	} {
		if x.text == nil {
			continue
		}
		compiled, err := jmespath.Compile(*x.text)
		if err != nil {
			return nil, aws.Invalid("%s is no valid JMESPath expression: %s: %v.", x.member, *x.text, err)
		}
		*x.into = compiled
	}
	return e, nil
}
