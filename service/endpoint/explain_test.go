package endpoint

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/store"
)

// objects are baselines by URI.
type objects map[string]string

func (o objects) Baseline(_ context.Context, scope aws.Scope, uri string, limit int64) ([]byte, error) {
	content, ok := o[uri]
	if !ok || scope != home || limit != maxBaseline {
		return nil, aws.Invalid("Could not find the ShapBaselineUri %s.", uri)
	}
	return []byte(content), nil
}

// explainerAt gives a configuration an explainer whose baseline lies there.
func (b *bundle) explainerAt(config, uri string) {
	b.known.configs[config].ExplainerConfig = &sagemaker.ExplainerConfig{ClarifyExplainerConfig: &sagemaker.ClarifyExplainerConfig{
		ShapConfig: &sagemaker.ClarifyShapConfig{ShapBaselineConfig: &sagemaker.ClarifyShapBaselineConfig{ShapBaselineUri: &uri}, Seed: aws.Ptr[int32](1)},
	}}
}

// load is the endpoint's row.
func (b *bundle) load(name string) (r *row) {
	b.t.Helper()
	if err := b.DB.View(b.ctx, func(tx *store.Tx) (err error) {
		r, err = endpoints.Get(tx, home, name)
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
	return r
}

// attributions has an explainer explain a model that adds its two features up.
func attributions(t *testing.T, x proxy.Explainer, body string) (list []float64) {
	t.Helper()
	out, err := x.Explain(t.Context(), proxy.ExplainRequest{ContentType: "text/csv", Accept: "text/csv", Body: []byte(body),
		Model: func(_ context.Context, body []byte, contentType string) (proxy.Payload, error) {
			var sums []string
			for line := range strings.SplitSeq(string(body), "\n") {
				var a, b float64
				if _, err := fmt.Sscanf(line, "%g,%g", &a, &b); err != nil {
					return proxy.Payload{}, err
				}
				sums = append(sums, fmt.Sprint(a+b))
			}
			return proxy.Payload{ContentType: contentType, Data: []byte(strings.Join(sums, "\n"))}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Explanations struct {
			KernelSHAP [][]struct {
				Attributions []struct{ Attribution []float64 }
			} `json:"kernel_shap"`
		}
	}
	if err := json.Unmarshal(out.Data, &answer); err != nil || len(answer.Explanations.KernelSHAP) != 1 {
		t.Fatalf("%s, %v", out.Data, err)
	}
	for _, f := range answer.Explanations.KernelSHAP[0] {
		list = append(list, f.Attributions[0].Attribution[0])
	}
	return list
}

// Explain-1, -3: an endpoint keeps the baseline that it was made with, over changes of
// the object and restarts, and has one explainer as long as its fleet serves.
func TestExplainer(t *testing.T) {
	t.Parallel()
	each(t, func(b *bundle) {
		kept := objects{"s3://b/one": "1,1", "s3://b/ten": "10,10", "s3://b/text": "a\n1,2"}
		b.Service.Config.Baselines = kept
		b.config("plain", 1, nil)
		for config, uri := range map[string]string{"one": "s3://b/one", "ten": "s3://b/ten", "none": "s3://b/none", "text": "s3://b/text"} {
			b.config(config, 1, nil)
			b.explainerAt(config, uri)
		}
		b.refused("no object", "Could not find the ShapBaselineUri s3://b/none", sagemaker.CreateEndpointInput{EndpointName: aws.Ptr("e"), EndpointConfigName: aws.Ptr("none")})
		b.refused("ragged", "has 2 features, and the first has 1", sagemaker.CreateEndpointInput{EndpointName: aws.Ptr("e"), EndpointConfigName: aws.Ptr("text")})
		b.create("e", "one")
		b.await("e", inService)
		kept["s3://b/one"] = "5,5"
		m := &manager{s: b.Service, logger: b.Logger}
		first := m.route(b.load("e")).Explainer
		if got := attributions(b.t, first, "3,4"); fmt.Sprint(got) != "[2 3]" {
			b.t.Errorf("the attributions are %v", got)
		}
		if again := m.route(b.load("e")).Explainer; again != first {
			b.t.Error("the explainer was made anew")
		}
		b.update("e", "ten")
		b.await("e", inService)
		if got := attributions(b.t, m.route(b.load("e")).Explainer, "13,14"); fmt.Sprint(got) != "[3 4]" {
			b.t.Errorf("after the update the attributions are %v", got)
		}
		b.update("e", "plain")
		b.await("e", inService)
		if x := m.route(b.load("e")).Explainer; x != nil {
			b.t.Errorf("without an ExplainerConfig there is %v", x)
		}
	})
}
