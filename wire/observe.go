package wire

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// observe counts and logs the request when it is answered.
func (s *Server) observe(next handler) handler {
	return func(ctx context.Context, c *call) error {
		c.started = time.Now()
		s.metrics.inFlight.Inc()
		defer func() { // also when a panic asks to abort the connection
			s.metrics.inFlight.Dec()
			took := time.Since(c.started)
			s.metrics.count(c, took)
			if s.options.Logger.Enabled(ctx, slog.LevelDebug) {
				s.log(ctx, c, took)
			}
		}()
		return next(ctx, c)
	}
}

func (s *Server) log(ctx context.Context, c *call, took time.Duration) {
	service, operation, code := c.labels()
	s.options.Logger.LogAttrs(ctx, slog.LevelDebug, "request",
		slog.String("id", c.id), slog.String("service", service), slog.String("operation", operation),
		slog.Int("status", c.status), slog.String("code", code), slog.Duration("took", took),
		slog.String("account", c.caller.Account), slog.String("region", c.caller.Region),
		slog.String("method", c.r.Method), slog.String("path", c.r.URL.Path), slog.String("remote", c.r.RemoteAddr))
}

// labels of the request for metrics: names that the server knows, never what a
// client made up.
func (c *call) labels() (service, operation, code string) {
	service, operation, code = "unknown", "unknown", "OK"
	switch {
	case c.plain != nil:
		service, operation = c.plainName, method(c.r.Method)
		if c.status >= http.StatusBadRequest {
			code = statusClass(c.status)
		}
	case c.operation != nil:
		service, operation = c.operation.service.ID, c.operation.Name
	case c.service != nil:
		service = c.service.ID
	}
	if c.code != "" {
		code = string(c.code)
	}
	return service, operation, code
}

func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodHead:
		return m
	}
	return "other"
}

func statusClass(status int) string {
	if status >= http.StatusInternalServerError {
		return "5xx"
	}
	return "4xx"
}
