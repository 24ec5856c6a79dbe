package proxy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	v2aws "github.com/aws/aws-sdk-go-v2/aws"
	runtime "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime/types"

	"github.com/sagebrush/sagebrush/proxy"
)

// names are those of a header, sorted.
func names(h http.Header) string {
	var all []string
	for name := range h {
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// InvokeEndpoint-1, Variant-1: a request that names its variant and has every other
// header is taken, and of all of them the container sees three.
func TestManyHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	seen := make(chan *http.Request, 1)
	record := b.container("", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		seen <- r
		w.Header().Set("Server", "theirs")
		w.Header().Set("Set-Cookie", "a=b")
		_, _ = io.WriteString(w, "ok")
	})
	b.set(nil, variant("a", 1, one(record)), variant("b", 0, one(record)))
	header := []string{
		"Content-Type", "text/csv", "Accept", "application/json", "X-Amzn-Sagemaker-Custom-Attributes", "c=1",
		"X-Amzn-Sagemaker-Target-Variant", "b", "X-Amzn-Sagemaker-Inference-Id", "id", "X-Amzn-Sagemaker-Enable-Explanations", "`true`",
		"X-Amzn-Invoked-Production-Variant", "forged", "Cookie", "a=b", "X-Forwarded-For", "10.0.0.1", "Connection", "X-Other", "X-Other", "y",
	}
	resp := b.post("/invocations", "1", header...)
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 || string(body) != "ok" {
		t.Fatalf("%d %s, %v", resp.StatusCode, body, err)
	}
	// InvokedProductionVariant says which one it was, though its weight is 0; of the
	// container's headers that nobody asked for there are none.
	if got := resp.Header.Get("X-Amzn-Invoked-Production-Variant"); got != "b" {
		t.Errorf("the variant is %q", got)
	}
	if got, want := names(resp.Header), "Content-Length Content-Type Date X-Amz-Request-Id X-Amzn-Invoked-Production-Variant X-Amzn-Requestid"; got != want {
		t.Errorf("the answer has %s, want %s", got, want)
	}
	r := <-seen
	if got, want := names(r.Header), "Accept Content-Length Content-Type X-Amzn-Sagemaker-Custom-Attributes"; got != want {
		t.Errorf("the container sees %s, want %s", got, want)
	}
	if r.Host != "primary" {
		t.Errorf("the container is called %q", r.Host)
	}
}

// InvokeEndpoint-1: what the model forbids is the runtime's ValidationError, and no
// container sees it.
func TestBadHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	c, requests := b.scripted("", func(int, int) (string, bool) { return hello, true })
	b.set(nil, variant("a", 1, one(c)))
	for _, header := range [][2]string{
		{"X-Amzn-Sagemaker-Target-Variant", "no_variant"},
		{"X-Amzn-Sagemaker-Target-Variant", strings.Repeat("v", 64)},
		{"X-Amzn-Sagemaker-Inference-Id", strings.Repeat("i", 65)},
		{"X-Amzn-Sagemaker-Custom-Attributes", strings.Repeat("c", 1025)},
		{"X-Amzn-Sagemaker-Custom-Attributes", "caf\u00e9"},
		{"Content-Type", "text/" + strings.Repeat("t", 1024)},
		{"Accept", "caf\u00e9"},
	} {
		resp := b.post("/invocations", "1", header[:]...)
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 400 || resp.Header.Get("X-Amzn-Errortype") != "ValidationError" {
			t.Errorf("%.60s: %d %s, %v", header, resp.StatusCode, body, err)
		}
	}
	if requests.Load() != 0 {
		t.Errorf("the container got %d requests", requests.Load())
	}
}

// InvokeEndpoint-2: a ModelError as it is on the wire.
func TestModelErrorOnTheWire(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	for status, side := range map[string]string{"302": "server", "400": "client", "404": "client", "500": "server", "599": "server"} {
		c, _ := b.scripted("", func(int, int) (string, bool) {
			return "HTTP/1.1 " + status + " x\r\nContent-Length: 7\r\n\r\nbad \xff\"r", true
		})
		b.set(nil, variant("a", 1, one(c)))
		resp := b.post("/invocations", "1")
		var got struct {
			Message, OriginalMessage, LogStreamArn string
			OriginalStatusCode                     json.Number
		}
		if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != 424 || resp.Header.Get("X-Amzn-Errortype") != "ModelError" || string(got.OriginalStatusCode) != status ||
			got.OriginalMessage != "bad \ufffd\"r" || got.LogStreamArn != "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/shop:log-stream:a/i-0" ||
			!strings.HasPrefix(got.Message, "Received "+side+" error ("+status+") from primary with message \"bad") {
			t.Errorf("%d %v %+v", resp.StatusCode, resp.Header, got)
		}
	}
}

// InvokeEndpoint-2: of a long message there is as much as the model allows.
func TestLongMessage(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	b.set(nil, variant("a", 1, one(b.container("", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(500)
		_, _ = io.WriteString(w, strings.Repeat("\u00e9", 1<<20))
	}))))
	_, err := b.invoke(nil)
	var e *types.ModelError
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	for _, said := range []string{v2aws.ToString(e.OriginalMessage), v2aws.ToString(e.Message)} {
		if len(said) > 2048 || !strings.Contains(said, "\u00e9\u00e9\u2026") || strings.Contains(said, "\ufffd") {
			t.Errorf("%d bytes: %q", len(said), said)
		}
	}
	if n := len(*e.OriginalMessage); n < 2040 {
		t.Errorf("only %d bytes of the message are left", n)
	}
}

// InvokeEndpoint-1: a body of exactly the limit passes verbatim, a byte more is
// refused; an endpoint may have a lower limit.
func TestBodyLimit(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	echo := b.container("", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(body)
	})
	body := make([]byte, 6291456+1)
	for i := range body {
		body[i] = byte(i * 7)
	}
	send := func(n int) ([]byte, error) {
		out, err := b.invoke(func(in *runtime.InvokeEndpointInput) { in.Body = body[:n] })
		if err != nil {
			return nil, err
		}
		return out.Body, nil
	}
	b.set(nil, variant("a", 1, one(echo)))
	for _, n := range []int{0, 1, 32 << 10, 32<<10 + 1, 6291456} {
		if got, err := send(n); err != nil || !bytes.Equal(got, body[:n]) {
			t.Errorf("%d bytes come back as %d, %v", n, len(got), err)
		}
	}
	if resp := b.post("/invocations", string(body)); resp.StatusCode != 413 {
		t.Errorf("a byte too many is %d", resp.StatusCode)
	}
	b.set(func(e *proxy.Endpoint) { e.Limits.Body = 10 }, variant("a", 1, one(echo)))
	if _, err := send(10); err != nil {
		t.Error(err)
	}
	_, err := send(11)
	b.refused(err, "RequestEntityTooLargeException", "exceeds 10 bytes")
}

// A container may refuse a long request before it has read it: its answer counts, and
// the connection is not used again.
func TestAnswerBeforeTheEnd(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	i := proxy.NewInstance("0", "", b.container("", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "too much", http.StatusRequestEntityTooLarge)
	}))
	b.set(nil, &proxy.Variant{Name: "a", Weight: 1, Instances: []*proxy.Instance{i}})
	for range 5 {
		_, err := b.invoke(func(in *runtime.InvokeEndpointInput) { in.Body = make([]byte, 5<<20) })
		var e *types.ModelError
		if !errors.As(err, &e) || v2aws.ToInt32(e.OriginalStatusCode) != 413 || !strings.Contains(v2aws.ToString(e.OriginalMessage), "too much") {
			t.Errorf("%v", err)
		}
	}
	if i.Outstanding() != 0 {
		t.Errorf("%d requests are outstanding", i.Outstanding())
	}
}
