package proxy

import (
	"context"
	"io"
	"math/rand/v2"
	"time"
)

// shadow sends copies of the request to the shadow variants (Shadow-1). Nobody
// waits for their answers. A copy that there is no room for is left out.
func (p *Proxy) shadow(e *Endpoint, in *invocation) {
	for _, v := range e.Shadow {
		if v.Weight <= 0 || e.weight > v.Weight && rand.Float64()*e.weight >= v.Weight {
			continue
		}
		if v.checkMode(in) != nil || !p.shadows.take(len(in.body)) {
			continue
		}
		in.x.Keep()
		copied := *in
		copied.x = nil
		v.measures.copies.Add(1)
		p.beside.Go(func() {
			defer p.shadows.free(len(copied.body))
			p.discard(e, v, &copied)
		})
	}
}

// discard sends a copy and measures the answer.
func (p *Proxy) discard(e *Endpoint, v *Variant, in *invocation) {
	begun := time.Now()
	deadline := begun.Add(e.Limits.Time)
	ctx, cancel := context.WithDeadline(p.ctx, deadline)
	defer cancel()
	a, err := p.ask(ctx, e, v, in, in.body, in.contentType, deadline)
	if err != nil {
		v.measures.failed(err)
		return
	}
	defer a.close()
	if _, err := io.Copy(io.Discard, a); err != nil {
		v.measures.failed(broken(ctx, e.key, a.instance, a.from, e.Limits.Time, err))
		return
	}
	v.measures.model.add(time.Since(begun))
}
