package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/wire"
)

// stream is InvokeEndpointWithResponseStream (InvokeStream-1): parts of the
// answer go on as they arrive.
func (p *Proxy) stream(ctx context.Context, x *wire.Exchange) error {
	var in invocation
	if err := in.read(x, p.streamed, headerAccept); err != nil {
		return err
	}
	e, v, err := p.admit(&in)
	switch {
	case err != nil:
		return err
	case e.Explainer != nil:
		return aws.Errorf(aws.ValidationError, "Endpoint %s explains its answers, which cannot be streamed: call InvokeEndpoint.", in.key.Name)
	}
	v.measures.invocations.Add(1)
	p.shadow(e, &in)
	s := p.sample(ctx, e, v, &in)
	begun := time.Now()
	a, err := p.ask(ctx, e, v, &in, in.body, in.contentType, begun.Add(e.Limits.Time))
	if err != nil {
		v.measures.failed(err)
		return err
	}
	defer a.close()
	out := newEvents(x.Writer)
	h := x.Writer.Header()
	tell(x.Writer, v, "application/vnd.amazon.eventstream", a.custom, -1)
	if a.contentType != "" {
		h[headerContentType] = []string{a.contentType}
	}
	_ = a.conn.SetReadDeadline(begun.Add(e.Limits.StreamTime))
	if ctx.Err() != nil { // its own deadline may just have been undone
		return ctx.Err()
	}
	x.Writer.WriteHeader(http.StatusOK)
	buf := p.buffers.get()
	defer p.buffers.put(buf)
	err = p.pump(ctx, a, buf[:], 0, x.Writer, func(part []byte) error {
		if len(part) == 0 {
			return nil
		}
		s.part(a.contentType, part)
		return out.part(part)
	}, 0)
	v.measures.model.add(time.Since(begun))
	v.measures.overhead.add(begun.Sub(x.Started))
	if err == nil {
		p.captured(s)
		return nil
	}
	if errors.Is(err, http.ErrAbortHandler) {
		return err
	}
	v.measures.modelErrors.Add(1)
	return out.fail(a, e, err)
}

// events writes an event stream.
type events struct {
	w       http.ResponseWriter
	encoder *eventstream.Encoder
	scratch bytes.Buffer
	headers eventstream.Headers
}

func newEvents(w http.ResponseWriter) *events {
	return &events{w: w, encoder: eventstream.NewEncoder(), headers: eventstream.Headers{
		{Name: ":message-type", Value: eventstream.StringValue("event")},
		{Name: ":event-type", Value: eventstream.StringValue("PayloadPart")},
		{Name: ":content-type", Value: eventstream.StringValue("application/octet-stream")},
	}}
}

// part sends a PayloadPart.
func (s *events) part(data []byte) error {
	return s.send(eventstream.Message{Headers: s.headers, Payload: data})
}

// fail ends the stream with a ModelStreamError.
func (s *events) fail(a *answer, e *Endpoint, err error) error {
	code, message := "StreamBroken", "The stream of container "+a.from.Hostname+" broke off: it may have crashed."
	var g garbage
	switch {
	case isTimeout(err):
		code, message = "ModelInvocationTimeExceeded", fmt.Sprintf("Container %s did not end its answer within %v.", a.from.Hostname, e.Limits.StreamTime)
	case errors.As(err, &g):
		message = "T" + g.Error()[1:] + "."
	}
	b := quote([]byte(`{"Message":`), message)
	b = quote(append(b, `,"ErrorCode":`...), code)
	return s.send(eventstream.Message{Payload: append(b, '}'), Headers: eventstream.Headers{
		{Name: ":message-type", Value: eventstream.StringValue("exception")},
		{Name: ":exception-type", Value: eventstream.StringValue("ModelStreamError")},
		{Name: ":content-type", Value: eventstream.StringValue("application/json")},
	}})
}

func (s *events) send(m eventstream.Message) error {
	s.scratch.Reset()
	if err := s.encoder.Encode(&s.scratch, m); err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	_, err := s.w.Write(s.scratch.Bytes())
	return err
}
