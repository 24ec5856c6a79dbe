package proxy

import (
	"context"
	"sync"
	"time"
)

// Explainer makes explanations of what the model answers (Explain-1).
type Explainer interface {
	// Explain answers a request by asking the model as often as it wants to. Its
	// errors, and those of the model, go to the client as they are.
	Explain(ctx context.Context, r ExplainRequest) (Payload, error)
}

// ExplainRequest is a request to an endpoint that explains.
type ExplainRequest struct {
	Key         Key
	ContentType string
	Accept      string
	// Enable is the EnableExplanations of the request, "" for that of the endpoint.
	Enable string
	// Body is not to be kept or changed.
	Body []byte
	// Model asks the model. Calls may go on at the same time.
	Model func(ctx context.Context, body []byte, contentType string) (Payload, error)
}

// explain has the explainer answer. All of it has the time of one answer.
func (p *Proxy) explain(ctx context.Context, e *Endpoint, v *Variant, in *invocation, s *sample) error {
	begun := time.Now()
	deadline := begun.Add(e.Limits.Time)
	var custom firstSaid
	out, err := e.Explainer.Explain(ctx, ExplainRequest{
		Key: e.key, ContentType: in.contentType, Accept: in.accept, Enable: in.explanations, Body: in.body,
		Model: func(ctx context.Context, body []byte, contentType string) (Payload, error) {
			a, err := p.ask(ctx, e, v, in, body, contentType, deadline)
			if err != nil {
				return Payload{}, err
			}
			defer a.close()
			data, err := readAll(a, maxStep)
			if err == errTooLong {
				return Payload{}, modelError(e.key, a.instance, a.from, a.status, "The answer is too long to be explained.")
			}
			if err != nil {
				return Payload{}, broken(ctx, e.key, a.instance, a.from, e.Limits.Time, err)
			}
			custom.say(a.custom)
			return Payload{a.contentType, data}, nil
		},
	})
	if err != nil {
		return err
	}
	s.part(out.ContentType, out.Data)
	tell(in.x.Writer, v, out.ContentType, custom.what, int64(len(out.Data)))
	_, _ = in.x.Writer.Write(out.Data)
	v.measures.model.add(time.Since(begun))
	v.measures.overhead.add(begun.Sub(in.x.Started))
	return nil
}

// firstSaid are the custom attributes that the client gets: those of the answer
// that came first, which is the one to its own records.
type firstSaid struct {
	once sync.Once
	what string
}

func (f *firstSaid) say(what string) { f.once.Do(func() { f.what = what }) }
