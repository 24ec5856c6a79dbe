package wire

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
)

// DefaultMaxBody bounds the body of a request that is not S3's, in bytes.
const DefaultMaxBody = 16 << 20

// Options of a Server.
type Options struct {
	// Lookup finds the secret of an access key.
	Lookup sigv4.Lookup
	// Logger receives requests (debug) and internal errors; nil is slog.Default.
	Logger *slog.Logger
	// Now is the clock that signatures are held against; nil is time.Now.
	Now func() time.Time
	// Registry takes the server's metrics; nil keeps none.
	Registry prometheus.Registerer
	// Gatherer is what GET /metrics shows; nil turns the page off.
	Gatherer prometheus.Gatherer
	// S3 answers everything that is no operation of a mounted service. It checks
	// signatures by itself. nil answers that there is no object storage.
	S3 http.Handler
	// MaxBody bounds bodies in bytes, 0 for DefaultMaxBody.
	MaxBody int64
	// BodyTimeout bounds the time in which a body must arrive, 0 for a minute. For
	// S3, whose uploads may take hours, it bounds the pauses.
	BodyTimeout time.Duration
	// RequestsPerSecond throttles each account; 0 is off. Burst is how many may
	// come at once, at least RequestsPerSecond.
	RequestsPerSecond, Burst float64
	// CheckErrors, for tests, is told of every error code that an implementation
	// answers although neither the operation's model nor the common errors list
	// it. op is "service.Operation".
	CheckErrors func(op string, code aws.Code)
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.BodyTimeout == 0 {
		o.BodyTimeout = time.Minute
	}
	if o.S3 == nil {
		o.S3 = http.HandlerFunc(noObjects)
	}
	return o
}

func noObjects(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusNotImplemented)
	_, _ = w.Write([]byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<Error><Code>NotImplemented</Code><Message>This server has no object storage.</Message></Error>`))
}

// HTTPServer is an http.Server for handler with the limits that protect it from
// slow and oversized heads. Bodies have no time limit here, because uploads may
// take hours: whoever reads them limits them.
func HTTPServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    MaxHeaderBytes,
	}
}
