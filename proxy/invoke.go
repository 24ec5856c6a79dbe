package proxy

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/wire"
)

const (
	// held is how much of an answer is held back until its end is known to be good.
	held = 64 << 10
	// clientPause is how long a client may take nothing of an answer.
	clientPause = time.Minute
)

// buffers are for answers on their way.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() *[held]byte {
	if v, ok := b.pool.Get().(*[held]byte); ok {
		return v
	}
	return new([held]byte)
}

func (b *buffers) put(v *[held]byte) { b.pool.Put(v) }

// admit finds endpoint and variant of a request, or why there is none.
func (p *Proxy) admit(in *invocation) (*Endpoint, *Variant, error) {
	e := p.table.find(in.key)
	switch {
	case e == nil:
		return nil, nil, aws.Errorf(aws.ValidationError, "Endpoint %s of account %s not found.", in.key.Name, in.key.Account)
	case e.NotServing != nil:
		return nil, nil, e.NotServing
	case e.Async:
		return nil, nil, aws.Errorf(aws.ValidationError, "Endpoint %s is an asynchronous one: call InvokeEndpointAsync.", in.key.Name)
	case int64(len(in.body)) > e.Limits.Body:
		return nil, nil, aws.Errorf(aws.RequestEntityTooLarge, "The request body exceeds %d bytes.", e.Limits.Body)
	}
	v, err := e.variant(in, rand.Float64())
	if err == nil {
		err = v.checkMode(in)
	}
	return e, v, err
}

// invoke is InvokeEndpoint.
func (p *Proxy) invoke(ctx context.Context, x *wire.Exchange) error {
	var in invocation
	if err := in.read(x, p.unary, "Accept"); err != nil {
		return err
	}
	e, v, err := p.admit(&in)
	if err != nil {
		return err
	}
	v.measures.invocations.Add(1)
	p.shadow(e, &in)
	s := p.sample(ctx, e, v, &in)
	if e.Explainer != nil {
		err = p.explain(ctx, e, v, &in, s)
	} else {
		err = p.forward(ctx, e, v, &in, s)
	}
	if err != nil {
		v.measures.failed(err)
		return err
	}
	p.captured(s)
	return nil
}

// forward asks the model and passes its answer on.
func (p *Proxy) forward(ctx context.Context, e *Endpoint, v *Variant, in *invocation, s *sample) error {
	begun := time.Now()
	a, err := p.ask(ctx, e, v, in, in.body, in.contentType, begun.Add(e.Limits.Time))
	if err != nil {
		return err
	}
	defer a.close()
	buf := p.buffers.get()
	defer p.buffers.put(buf)
	n, whole, err := fill(a, buf[:])
	if err != nil {
		return broken(ctx, e.key, a.instance, a.from, e.Limits.Time, err)
	}
	s.expect(a.length)
	if whole {
		s.part(a.contentType, buf[:n])
		answered := time.Now()
		a.close() // the next request may have the connection already
		tell(in.x.Writer, v, a.contentType, a.custom, int64(n))
		_, _ = in.x.Writer.Write(buf[:n]) // a client that is gone is not our error
		v.measures.model.add(answered.Sub(begun))
		v.measures.overhead.add(begun.Sub(in.x.Started) + time.Since(answered))
		return nil
	}
	tell(in.x.Writer, v, a.contentType, a.custom, a.length)
	if err := p.pump(ctx, a, buf[:], n, in.x.Writer, func(part []byte) error {
		s.part(a.contentType, part)
		_, err := in.x.Writer.Write(part)
		return err
	}, e.Limits.Time); err != nil {
		if errors.Is(err, http.ErrAbortHandler) { // the client is gone, which is nobody's error
			return err
		}
		return broken(ctx, e.key, a.instance, a.from, e.Limits.Time, err)
	}
	v.measures.model.add(time.Since(begun))
	v.measures.overhead.add(begun.Sub(in.x.Started))
	return nil
}

// pump passes an answer on that is too long to be held, beginning with the n
// bytes that buf holds.
func (p *Proxy) pump(ctx context.Context, a *answer, buf []byte, n int, w http.ResponseWriter, write func([]byte) error, pause time.Duration) error {
	control := http.NewResponseController(w)
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }()
	a.pause = pause
	var until time.Time
	for {
		if now := time.Now(); n > 0 && until.Sub(now) < clientPause/2 {
			until = now.Add(clientPause)
			_ = control.SetWriteDeadline(until) // a test's recorder has no deadlines
		}
		if err := write(buf[:n]); err != nil {
			return http.ErrAbortHandler
		}
		if !a.more() {
			if err := control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
				return http.ErrAbortHandler
			}
		}
		var err error
		n, err = a.Read(buf)
		if n > 0 {
			continue
		}
		switch {
		case err == io.EOF:
			return nil
		case ctx.Err() != nil:
			return http.ErrAbortHandler
		case err != nil:
			return err
		}
	}
}

// fill reads until buf is full or the answer has ended well.
func fill(a *answer, buf []byte) (n int, whole bool, err error) {
	for n < len(buf) && !a.body.done {
		k, err := a.Read(buf[n:])
		n += k
		if err != nil && err != io.EOF {
			return n, false, err
		}
	}
	return n, a.body.done, nil
}

// tell sets the head of a good answer; a length below 0 is not known.
func tell(w http.ResponseWriter, v *Variant, contentType, custom string, length int64) {
	h := w.Header()
	h["Content-Type"] = nil // and nobody guesses one
	if contentType != "" {
		h["Content-Type"] = []string{contentType}
	}
	h[headerInvoked] = []string{v.Name}
	if custom != "" {
		h[headerCustom] = []string{custom}
	}
	if length >= 0 {
		h["Content-Length"] = []string{strconv.FormatInt(length, 10)}
	}
}

// failed counts an invocation that ended in err.
func (m *measures) failed(err error) {
	switch aws.CodeOf(err) {
	case aws.ModelError:
		m.answered(statusOf(err))
	case aws.ServiceUnavailable:
		m.modelErrors.Add(1)
	}
}
