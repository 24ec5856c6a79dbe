package proxy

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// Question is a request that does not come from a connection of the runtime's but
// from a queue: InvokeEndpointAsync (Async-1). Its body is a stream, and so is the
// answer, so that neither is ever held whole.
type Question struct {
	Key                         Key
	ContentType, Accept, Custom string
	// ID is the inference id, for records of data capture; EventID is theirs.
	ID, EventID string
	// Body has Length bytes and is read once, beside the answer.
	Body   io.Reader
	Length int64
	// Time is what the containers have until the answer has come whole.
	Time time.Duration
}

// InputError is a Body that could not be read to its end.
type InputError struct{ Err error }

// Error implements error.
func (e *InputError) Error() string { return "read the request: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *InputError) Unwrap() error { return e.Err }

// Ask sends a question to an instance, chosen as for every other request. Whether
// the endpoint is an asynchronous one does not matter: what was accepted is
// answered. Close the reply. Errors: ServiceUnavailable and ThrottlingException
// for an endpoint that cannot take it at the moment, of whose body nothing was
// read; ModelError as in InvokeEndpoint; ValidationError where it never will;
// *InputError.
func (p *Proxy) Ask(ctx context.Context, q Question) (*Reply, error) {
	found := p.table.find(q.Key)
	switch {
	case found == nil:
		return nil, aws.Errorf(aws.ServiceUnavailable, "Endpoint %s of account %s is not known here at the moment.", q.Key.Name, q.Key.Account)
	case found.NotServing != nil:
		return nil, aws.Errorf(aws.ServiceUnavailable, "%s", found.NotServing.Message)
	}
	e := *found
	e.Limits.Time = q.Time // for what errors say of it
	in := &invocation{key: q.Key, contentType: q.ContentType, accept: q.Accept, custom: q.Custom, id: q.ID}
	v, err := e.variant(in, rand.Float64())
	if err == nil {
		err = v.checkMode(in)
	}
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	r := &Reply{ctx: ctx, proxy: p, endpoint: &e, variant: v, begun: begun, Variant: v.Name,
		source: &source{r: q.Body}, sample: p.sampleOf(&e, v, q, begun)}
	r.source.sample = r.sample
	in.stream, in.length = r.source, q.Length
	a, err := p.ask(ctx, &e, v, in, nil, q.ContentType, begun.Add(q.Time))
	if err != nil {
		if broke := r.source.failed(); broke != nil {
			return nil, broke
		}
		if code := aws.CodeOf(err); code != aws.ServiceUnavailable && code != aws.ThrottlingException { // those come again
			v.measures.invocations.Add(1)
			v.measures.failed(err)
		}
		return nil, err
	}
	v.measures.invocations.Add(1)
	r.answer, r.ContentType, r.Custom, r.Length, r.LogStream = a, a.contentType, a.custom, a.length, a.instance.LogStream
	r.sample.expect(a.length)
	return r, nil
}

// Crashed says of an error of Ask, or of reading its Reply, that the container
// ended the connection before its answer was whole: another instance may do better.
func Crashed(err error) bool {
	var e *aws.Error
	if !errors.As(err, &e) || e.Code != aws.ModelError || statusOf(err) != 0 || e.Cause == nil {
		return false
	}
	var g garbage
	return !isTimeout(e.Cause) && !errors.As(e.Cause, &g)
}

// Reply is an answer of 2XX on its way.
type Reply struct {
	ContentType, Custom string
	// Variant is who answers, and LogStream that of the instance.
	Variant, LogStream string
	// Length is what the container announced, -1 for nothing.
	Length int64

	ctx      context.Context
	proxy    *Proxy
	endpoint *Endpoint
	variant  *Variant
	begun    time.Time
	answer   *answer
	source   *source
	sample   *sample
	ended    bool
}

// Read implements io.Reader. An answer that is not whole is a ModelError.
func (r *Reply) Read(b []byte) (int, error) {
	n, err := r.answer.Read(b)
	if n > 0 {
		r.sample.part(r.ContentType, b[:n])
	}
	switch {
	case err == nil:
		return n, nil
	case err == io.EOF:
		if !r.ended {
			r.ended = true
			r.variant.measures.model.add(time.Since(r.begun))
			r.proxy.captured(r.sample.whole(r.source))
		}
		return n, err
	}
	if broke := r.source.failed(); broke != nil {
		return n, broke
	}
	err = broken(r.ctx, r.endpoint.key, r.answer.instance, r.answer.from, r.endpoint.Limits.Time, err)
	if !r.ended {
		r.ended = true
		r.variant.measures.failed(err)
	}
	return n, err
}

// Close ends the exchange, and waits until nobody reads the question's body any more.
func (r *Reply) Close() error {
	r.answer.close()
	return nil
}

// sampleOf is sample for a question: what is too long is not captured.
func (p *Proxy) sampleOf(e *Endpoint, v *Variant, q Question, now time.Time) *sample {
	c := e.Capture
	if c == nil || p.records == nil || q.Length > e.Limits.Body || c.Percentage < 100 && rand.IntN(100) >= c.Percentage {
		return nil
	}
	s := &sample{key: e.key, variant: v.Name, capture: c, limit: e.Limits.Body, Record: Record{EventID: q.EventID, InferenceID: q.ID, Time: now}}
	if c.Input {
		s.Input = &Payload{ContentType: q.ContentType}
	}
	return s
}

// takeInput takes a part of the question in. The caller holds the source's lock.
func (s *sample) takeInput(data []byte) {
	if s != nil && s.Input != nil {
		s.Input.Data = append(s.Input.Data, data...)
	}
}

// whole is the sample once nothing adds to it any more: a container may answer
// before it has read all, and what it did not read is nobody's record.
func (s *sample) whole(from *source) *sample {
	if s == nil || s.Input == nil {
		return s
	}
	from.mu.Lock()
	defer from.mu.Unlock()
	c := *s
	c.Input = &Payload{s.Input.ContentType, s.Input.Data[:len(s.Input.Data):len(s.Input.Data)]}
	return &c
}
