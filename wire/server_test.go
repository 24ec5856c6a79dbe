package wire_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/api/sts"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/wire"
)

func TestWhatIsNoOperationIsForS3(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, q := range map[string]request{
		"signed":            {service: "s3", method: "GET", path: "/bucket/key"},
		"signed, post":      {service: "s3", path: "/bucket?delete", body: "x"},
		"bucket's name":     {service: "s3", method: "PUT", path: "/metrics"},
		"anonymous":         {unsigned: true, method: "GET", path: "/bucket/key"},
		"presigned":         {unsigned: true, method: "GET", path: "/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20231215%2Fus-east-1%2Fs3%2Faws4_request"},
		"another signature": {unsigned: true, method: "GET", path: "/b/k", header: map[string]string{"Authorization": "AWS AKIA:sig"}},
		"form upload":       {unsigned: true, path: "/bucket", header: map[string]string{"Content-Type": "multipart/form-data; boundary=x"}},
	} {
		a := b.send(t, q)
		if a.status != http.StatusTeapot || !strings.HasPrefix(a.body, "s3 ") || !strings.HasSuffix(a.body, a.header.Get("X-Amz-Request-Id")) {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if a := b.send(t, request{service: "s3", method: "GET", path: "/panic"}); a.status != 500 {
		t.Errorf("a panic in S3: %+v", a)
	}
}

func TestPagesWithoutSignature(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.send(t, describe("mnist"))
	b.send(t, describe("missing"))
	b.send(t, target("Made.Up", "{}"))
	if a := b.send(t, request{unsigned: true, method: "GET", path: "/healthz"}); a.status != 200 || a.body != "ok\n" {
		t.Errorf("%+v", a)
	}
	a := b.send(t, request{unsigned: true, method: "GET", path: "/metrics"})
	for _, want := range []string{
		`sagebrush_requests_total{code="OK",operation="DescribeTrainingJob",service="sagemaker"} 1`,
		`sagebrush_requests_total{code="ResourceNotFound",operation="DescribeTrainingJob",service="sagemaker"} 1`,
		`sagebrush_request_seconds_count{operation="DescribeTrainingJob",service="sagemaker"} 2`,
		`sagebrush_requests_in_flight 1`,
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("no %s in\n%s", want, a.body)
		}
	}
	if strings.Contains(a.body, "Made.Up") {
		t.Error("what a client made up is a label")
	}
}

type describesToo struct{ fake }

func TestMount(t *testing.T) {
	t.Parallel()
	s := wire.NewServer(wire.Options{Lookup: lookup})
	if err := s.Mount(sagemaker.Service, fake{}, describesToo{}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("two implementations: %v", err)
	}
	if err := s.Mount(sagemaker.Service, fakeSTS{}); err == nil || !strings.Contains(err.Error(), "answers no operation") {
		t.Errorf("a stranger: %v", err)
	}
	if err := s.Mount(sagemaker.Service, fake{}, nil); err != nil {
		t.Error(err)
	}
	if err := s.Mount(sagemaker.Service); err == nil {
		t.Error("mounted twice")
	}
	if err := s.Mount(sts.Service); err != nil {
		t.Error(err)
	}
	implemented := map[string]bool{}
	for _, op := range s.Operations() {
		implemented[op.Service+"."+op.Name] = op.Implemented
	}
	if len(implemented) != len(sagemaker.Service.Operations)+len(sts.Service.Operations) ||
		!implemented["sagemaker.DescribeTrainingJob"] || implemented["sagemaker.ListModels"] || implemented["sts.AssumeRole"] {
		t.Errorf("%d operations", len(implemented))
	}
}

func TestCodesThatTheModelDoesNotListAreReported(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, name := range []string{"mnist", "missing", "broken", "unlisted"} {
		b.send(t, describe(name))
	}
	if len(b.unmod) != 1 || b.unmod[0] != "sagemaker.DescribeTrainingJob ConflictException" {
		t.Errorf("%v", b.unmod)
	}
}

func TestLargeBodies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if a := b.send(t, describe(strings.Repeat("a", 10<<20))); a.status != 400 || !strings.Contains(a.body, "ValidationException") {
		t.Errorf("10 MiB: %d %.200s", a.status, a.body)
	}
	if a := b.send(t, describe(strings.Repeat("a", 17<<20))); a.status != 413 || !strings.Contains(a.body, "RequestEntityTooLargeException") {
		t.Errorf("17 MiB: %d %.200s", a.status, a.body)
	}
	if a := b.send(t, describe("a").with("X-Amz-Filler", strings.Repeat("x", 100<<10))); a.status != http.StatusRequestHeaderFieldsTooLarge || a.header.Get("X-Amzn-Requestid") == "" {
		t.Errorf("100 KiB of headers: %d %v", a.status, a.header)
	}
}

// A body that never ends does not hold the server.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *wire.Options) { o.BodyTimeout = 50 * time.Millisecond })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	q := describe("a")
	body := make(slowBody)
	defer close(body)
	r, err := http.NewRequestWithContext(ctx, "POST", b.url, body)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range q.header {
		r.Header.Set(k, v)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("X-Amzn-Errortype") != string(aws.RequestTimeout) {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

// slowBody sends nothing until it is closed.
type slowBody chan struct{}

func (s slowBody) Read([]byte) (int, error) {
	<-s
	return 0, context.Canceled
}

func TestThrottleIsByAccount(t *testing.T) {
	t.Parallel()
	now := time.Now()
	b := setup(t, func(o *wire.Options) {
		o.RequestsPerSecond, o.Burst = 1, 2
		o.Now = func() time.Time { return now }
	})
	var codes []string
	for range 3 {
		codes = append(codes, b.send(t, describe("a")).header.Get("X-Amzn-Errortype"))
	}
	if codes[0] != "" || codes[1] != "" || codes[2] != "ThrottlingException" {
		t.Errorf("%v", codes)
	}
	if a := b.send(t, request{unsigned: true, header: describe("a").header}); a.status != 403 {
		t.Errorf("a stranger is throttled before he is refused: %+v", a)
	}
}
