package asyncinference

import (
	"context"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/store"
)

// measureEvery is how often the metrics of a queue are published.
const measureEvery = 10 * time.Second

// Value is one value of a metric of an endpoint (Host-9).
type Value struct {
	Name, Unit string
	Value      float64
}

// meter counts what has happened since the metrics were last published.
type meter struct {
	mu                sync.Mutex
	expired, failures float64
	times             []Value
	last              time.Time
}

// maxTimes bounds the durations that are kept between two publications.
const maxTimes = 1000

// answered counts an answer: how long the containers took, and how long it had waited.
func (m *meter) answered(took, waited time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.times) < maxTimes {
		m.times = append(m.times, Value{"TotalProcessingTime", "Milliseconds", float64((took + waited).Milliseconds())},
			Value{"TimeInBacklog", "Milliseconds", float64(waited.Milliseconds())})
	}
}

// failed counts a request without an answer.
func (m *meter) failed(expired bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if expired {
		m.expired++
	} else {
		m.failures++
	}
}

// take empties the meter.
func (m *meter) take() []Value {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := append(m.times, Value{"InvocationFailures", "Count", m.failures}, Value{"ExpiredRequests", "Count", m.expired})
	m.times, m.failures, m.expired = nil, 0, 0
	return list
}

// measure publishes the metrics when it is time, and when the queue has ended.
func (d *driver) measure(ctx context.Context, over bool) {
	now := d.s.Now()
	if d.s.Measures == nil || !over && now.Sub(d.meter.last) < measureEvery {
		return
	}
	d.meter.last = now
	var n int
	var since time.Time
	err := d.s.DB.View(ctx, func(tx *store.Tx) (err error) {
		n, since, err = waiting(tx, d.w, requests.Default)
		return err
	})
	if err != nil {
		return // the next round says what is wrong with the database
	}
	capacity, instances := d.s.Containers.Capacity(d.w.route())
	list := append(d.meter.take(), Value{"ApproximateBacklogSize", "Count", float64(n)})
	if instances > 0 {
		list = append(list, Value{"ApproximateBacklogSizePerInstance", "Count", float64(n) / float64(instances)})
	}
	stuck, age := 0.0, 0.0
	if n > 0 {
		age = now.Sub(since).Seconds()
		if capacity == 0 {
			stuck = 1
		}
	}
	list = append(list, Value{"HasBacklogWithoutCapacity", "Count", stuck}, Value{"ApproximateAgeOfOldestRequest", "Seconds", age})
	if err := d.s.Measures.Publish(ctx, d.w.scope(), d.w.Endpoint, list); err != nil {
		d.logger.Warn("metrics of an asynchronous endpoint could not be published", "error", err)
	}
}

// MeasureIdle publishes of those endpoints whose queues are empty that they are.
func (s *Service) MeasureIdle(ctx context.Context, endpoints []proxy.Key) {
	if s.Measures == nil {
		return
	}
	for _, k := range endpoints {
		s.mu.Lock()
		_, driven := s.driven[work{k.Account, k.Region, k.Name}]
		s.mu.Unlock()
		if driven { // it publishes by itself
			continue
		}
		list := []Value{{"ApproximateBacklogSize", "Count", 0}, {"HasBacklogWithoutCapacity", "Count", 0}, {"ApproximateAgeOfOldestRequest", "Seconds", 0}}
		if _, instances := s.Containers.Capacity(k); instances > 0 {
			list = append(list, Value{"ApproximateBacklogSizePerInstance", "Count", 0})
		}
		if err := s.Measures.Publish(ctx, k.Scope, k.Name, list); err != nil && ctx.Err() == nil {
			s.Logger.Warn("metrics of an asynchronous endpoint could not be published", "endpoint", k.Name, "error", err)
		}
	}
}
