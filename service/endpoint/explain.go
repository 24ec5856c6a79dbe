package endpoint

import (
	"context"

	"github.com/sagebrush/sagebrush/algo/shap/explain"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/proxy"
)

// maxBaseline bounds the object that ShapBaselineUri names, in bytes. Every record
// of it multiplies the work of each explanation, so that those in use are far
// smaller; and the endpoint keeps it.
const maxBaseline = 1 << 20

// Baselines reads the objects that ShapBaselineUri names.
type Baselines interface {
	// Baseline is the object's content; a ValidationException when there is none, or
	// it has more than limit bytes.
	Baseline(ctx context.Context, scope aws.Scope, uri string, limit int64) ([]byte, error)
}

// explained brings what the explainer of a fleet needs, and refuses a baseline that
// it cannot use: once, so that all servers explain alike whatever becomes of the
// object (Explain-3).
func (s *Service) explained(ctx context.Context, f *Fleet) error {
	c := clarify(&f.Config)
	if c == nil {
		return nil
	}
	if uri := c.ShapConfig.ShapBaselineConfig.ShapBaselineUri; uri != nil {
		data, err := s.Baselines.Baseline(ctx, aws.ScopeFrom(ctx), *uri, maxBaseline)
		if err != nil {
			return err
		}
		f.Baseline = data
	}
	_, err := newExplainer(f)
	return err
}

// clarify is the explainer's configuration, nil for none.
func clarify(c *sagemaker.CreateEndpointConfigInput) *sagemaker.ClarifyExplainerConfig {
	if c.ExplainerConfig == nil {
		return nil
	}
	return c.ExplainerConfig.ClarifyExplainerConfig
}

// explainer is Kernel SHAP on the data path (Explain-1 … Explain-4).
type explainer struct{ *explain.Explainer }

// newExplainer is that of a fleet, nil for none.
func newExplainer(f *Fleet) (proxy.Explainer, error) {
	c := clarify(&f.Config)
	if c == nil {
		return nil, nil
	}
	baseline := f.Baseline
	if inline := c.ShapConfig.ShapBaselineConfig.ShapBaseline; inline != nil {
		baseline = []byte(*inline)
	}
	made, err := explain.New(c, baseline)
	if err != nil {
		return nil, err
	}
	return explainer{made}, nil
}

// Explain implements proxy.Explainer.
func (x explainer) Explain(ctx context.Context, r proxy.ExplainRequest) (proxy.Payload, error) {
	request := explain.Request{Payload: explain.Payload{ContentType: r.ContentType, Data: r.Body}, Accept: r.Accept, Enable: r.Enable}
	out, err := x.Explainer.Explain(ctx, request, func(ctx context.Context, body []byte, contentType string) (explain.Payload, error) {
		answer, err := r.Model(ctx, body, contentType)
		return explain.Payload(answer), err
	})
	return proxy.Payload(out), err
}

// explaining is the explainer of the fleet that serves. It stays the same as long
// as the fleet does, because it learns how many records the model takes at once.
type explaining struct {
	generation int
	proxy.Explainer
}

// explain gives a route the explainer of its fleet.
func (m *manager) explain(f *Fleet, out *proxy.Endpoint) {
	if m.explaining.generation != f.Generation {
		made, err := newExplainer(f)
		if err != nil { // it was there when the fleet was made, so that another version of this server made it
			m.logger.Error("the explainer cannot be made", "error", err)
			out.NotServing = aws.Errorf(aws.InternalFailure, "The explainer of the endpoint cannot be made: %v", err)
			return
		}
		m.explaining = explaining{f.Generation, made}
	}
	out.Explainer = m.explaining.Explainer
}
