package explain_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/algo/shap/explain"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// TestCheck is what CreateEndpointConfig refuses of an explainer's configuration
// (Explain-2, CreateEndpointConfig-14 … -17).
func TestCheck(t *testing.T) {
	t.Parallel()
	type conf = sagemaker.ClarifyExplainerConfig
	for words, c := range map[string]*conf{
		"EnableExplanations is no valid JMESPath":   config("1", func(c *conf) { c.EnableExplanations = aws.Ptr("[0]>") }),
		"FeaturesAttribute is no valid JMESPath":    config("1", func(c *conf) { c.InferenceConfig.FeaturesAttribute = aws.Ptr("a..b") }),
		"ProbabilityAttribute is no valid JMESPath": config("1", func(c *conf) { c.InferenceConfig.ProbabilityAttribute = aws.Ptr("[") }),
		"LabelAttribute is no valid JMESPath":       config("1", func(c *conf) { c.InferenceConfig.LabelAttribute = aws.Ptr("`") }),
		"ContentTemplate {$features} is no JSON":    config("1", func(c *conf) { c.InferenceConfig.ContentTemplate = aws.Ptr("{$features}") }),
		"ContentTemplate {} is no JSON":             config("1", func(c *conf) { c.InferenceConfig.ContentTemplate = aws.Ptr("{}") }),
		"at most 4096 can be given inline":          config(strings.Repeat("1", 4097)),
		"has no records":                            config("\n"),
		"has 1 features, and the first has 2":       config("1,2\n3"),
		"cannot be read: the CSV":                   config("\"1"),
		"cannot be read: line 2 is no JSON": config("[1]\n{", func(c *conf) {
			c.ShapConfig.ShapBaselineConfig.MimeType = aws.Ptr("application/jsonlines")
		}),
		"There are 1 FeatureHeaders": config("1,2", func(c *conf) { c.InferenceConfig.FeatureHeaders = []string{"a"} }),
		"There are 1 FeatureTypes":   config("1,2", func(c *conf) { c.InferenceConfig.FeatureTypes = []sagemaker.ClarifyFeatureType{"numerical"} }),
		"TextConfig is for text features": config("1,2", func(c *conf) {
			c.ShapConfig.TextConfig = &sagemaker.ClarifyTextConfig{Granularity: "token", Language: "en"}
		}),
	} {
		refusal(t, explain.Check(c), aws.ValidationException, words)
	}
	at := config("1")
	at.InferenceConfig, at.ShapConfig.ShapBaselineConfig = nil, &sagemaker.ClarifyShapBaselineConfig{ShapBaselineUri: aws.Ptr("s3://b/k")}
	if err := explain.Check(at); err != nil {
		t.Error(err)
	}
	if _, err := explain.New(at, nil); err == nil {
		t.Error("an empty object is taken as a baseline")
	}
}

// TestRequestsRefused: requests that are at fault.
func TestRequestsRefused(t *testing.T) {
	t.Parallel()
	attribute := config("1,2,3", func(c *sagemaker.ClarifyExplainerConfig) { c.InferenceConfig.FeaturesAttribute = aws.Ptr("x") })
	enable := func(expression string) explain.Request {
		r := request("text/csv", "1,2,3")
		r.Enable = expression
		return r
	}
	for _, c := range []struct {
		request explain.Request
		words   string
	}{
		{request("image/png", "1,2,3"), `records of the type "image/png" cannot be explained`},
		{request("text/csv", ""), "no records"},
		{request("text/csv", "1,2"), "Record 0 of the request has 2 features"},
		{request("text/csv", "1,\"2"), "the CSV cannot be read"},
		{request("application/jsonlines", `{"x":[1,2,3]}`), "ContentTemplate"},
		{request("application/jsonlines", `{"y":[1,2,3]}`), "FeaturesAttribute finds no list of features in line 1"},
		{request("application/jsonlines", `{"x":[1,2,[3]]}`), "not a list or an object"},
		{request("application/jsonlines", `{"x":[1,2,1e999]}`), "too large"},
		{request("application/jsonlines", `{"x":[1,2,3]} 4`), "more after its end"},
		{enable("[0]>"), "EnableExplanations is no valid JMESPath"},
		{enable("[0]"), "and not true or false"},
		{enable("abs('x')"), "EnableExplanations cannot be applied"},
	} {
		_, err := ask(t, attribute, c.request, csvModel(linear))
		refusal(t, err, aws.ValidationError, c.words)
	}
	plain := config("1,2,3")
	_, err := ask(t, plain, request("application/jsonlines", `{"x":[1,2,3]}`), csvModel(linear))
	refusal(t, err, aws.ValidationError, "say with FeaturesAttribute")
}

// TestAnswersRefused: answers of the model that cannot be explained.
func TestAnswersRefused(t *testing.T) {
	t.Parallel()
	index := config("0", func(c *sagemaker.ClarifyExplainerConfig) {
		c.InferenceConfig.ProbabilityIndex, c.InferenceConfig.LabelIndex = aws.Ptr(int32(1)), aws.Ptr(int32(2))
	})
	attribute := config("0", func(c *sagemaker.ClarifyExplainerConfig) { c.InferenceConfig.ProbabilityAttribute = aws.Ptr("p") })
	for _, c := range []struct {
		config     *sagemaker.ClarifyExplainerConfig
		mime, body string
		words      string
	}{
		{config("0"), "text/html", "0.5", `its type is "text/html"`},
		{config("0"), "text/csv", "", "it has 0 predictions for 1 records"},
		{config("0"), "text/csv", "1\n2", "it has 2 predictions for 1 records"},
		{config("0"), "text/csv", "spam", `"spam" is no score`},
		{config("0"), "text/csv", "nan", `"nan" is no score`},
		{config("0"), "text/csv", "[]", "it has no scores"},
		{config("0"), "application/jsonlines", `{"p":1}`, "is no score: say with ProbabilityIndex"},
		{config("0"), "application/jsonlines", `{`, "it is no JSON Lines"},
		{index, "text/csv", "1", "it has 1 columns, and ProbabilityIndex is 1"},
		{index, "text/csv", "1,2", "it has 2 columns, and LabelIndex is 2"},
		{attribute, "application/jsonlines", `{"q":1}`, "null is no score"},
	} {
		_, err := ask(t, c.config, request("text/csv", "1"), func(context.Context, []byte, string) (explain.Payload, error) {
			return explain.Payload{ContentType: c.mime, Data: []byte(c.body)}, nil
		})
		refusal(t, err, aws.ModelError, c.words)
	}
	broken := errors.New("broken")
	_, err := ask(t, config("0"), request("text/csv", "1"), func(context.Context, []byte, string) (explain.Payload, error) {
		return explain.Payload{}, broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("%v, want the model's own error", err)
	}
}
