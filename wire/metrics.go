package wire

import (
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the server. Labels are bounded: services, operations and codes that
// the server knows.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// series are an operation's metrics on the usual path, made at its first use.
type series struct {
	once    sync.Once
	ok      prometheus.Counter
	seconds prometheus.Observer
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sagebrush_requests_total",
			Help: "Requests answered, by service, operation and error code (OK for none).",
		}, []string{"service", "operation", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "sagebrush_request_seconds",
			Help:    "Time from a request's head to the end of its answer.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30},
		}, []string{"service", "operation"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "sagebrush_requests_in_flight",
			Help: "Requests that are being answered.",
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds, m.inFlight} {
		if err := r.Register(c); err != nil {
			return m, fmt.Errorf("wire: metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) count(c *call, took time.Duration) {
	service, operation, code := c.labels()
	if o := c.operation; o != nil && c.plain == nil {
		o.series.once.Do(func() {
			o.series.ok = m.requests.WithLabelValues(service, operation, "OK")
			o.series.seconds = m.seconds.WithLabelValues(service, operation)
		})
		o.series.seconds.Observe(took.Seconds())
		if code == "OK" {
			o.series.ok.Inc()
			return
		}
	} else {
		m.seconds.WithLabelValues(service, operation).Observe(took.Seconds())
	}
	m.requests.WithLabelValues(service, operation, code).Inc()
}
