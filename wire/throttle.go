package wire

import (
	"context"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/aws"
)

// throttle is a token bucket an account; nil lets everything through. There are
// as many buckets as accounts with keys.
type throttle struct {
	rate, burst float64
	now         func() time.Time
	mu          sync.Mutex
	buckets     map[string]*bucket
}

type bucket struct {
	tokens float64
	last   time.Time
}

func newThrottle(o Options) *throttle {
	if o.RequestsPerSecond <= 0 {
		return nil
	}
	return &throttle{rate: o.RequestsPerSecond, burst: max(o.Burst, o.RequestsPerSecond, 1), now: o.Now, buckets: map[string]*bucket{}}
}

func (t *throttle) allow(account string) bool {
	if t == nil {
		return true
	}
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.buckets[account]
	if b == nil {
		b = &bucket{t.burst, now}
		t.buckets[account] = b
	}
	b.tokens = min(t.burst, b.tokens+max(0, now.Sub(b.last).Seconds())*t.rate)
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

func (s *Server) limit(next handler) handler {
	return func(ctx context.Context, c *call) error {
		if !s.throttle.allow(c.caller.Account) {
			return aws.Errorf(aws.ThrottlingException, "Rate exceeded")
		}
		return next(ctx, c)
	}
}
