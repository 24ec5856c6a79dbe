package wire_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/wire"
)

// discard is a ResponseWriter that keeps nothing.
type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// BenchmarkDescribe is a trivial operation through the whole chain, without
// net/http around it.
func BenchmarkDescribe(b *testing.B) {
	s := wire.NewServer(wire.Options{Lookup: lookup, Registry: prometheus.NewRegistry(), Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err := s.Mount(sagemaker.Service, fake{}); err != nil {
		b.Fatal(err)
	}
	const body = `{"TrainingJobName":"mnist-2023-12-15-12-00-00-000"}`
	r := httptest.NewRequest("POST", "/", nil)
	for k, v := range describe("").header {
		r.Header.Set(k, v)
	}
	sum := sha256.Sum256([]byte(body))
	sigv4.Sign(r, creds, "sagemaker", "eu-west-1", hex.EncodeToString(sum[:]), time.Now())
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		w := discard{http.Header{}}
		for pb.Next() {
			q := *r
			q.ContentLength, q.Body = int64(len(body)), io.NopCloser(strings.NewReader(body))
			s.ServeHTTP(w, &q)
		}
	})
}
