package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	v2aws "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	runtime "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime/types"
	"github.com/aws/smithy-go"

	api "github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/edge"
	"github.com/sagebrush/sagebrush/proxy"
	"github.com/sagebrush/sagebrush/wire"
)

const (
	account = "123456789012"
	region  = "eu-west-1"
	name    = "shop"
)

var key = proxy.Key{Scope: aws.Scope{Account: account, Region: region}, Name: name}

// bench is a server with a proxy, and a client of somebody else's.
type bench struct {
	*testing.T
	*proxy.Proxy
	client *runtime.Client
	url    string
}

func setup(t *testing.T, o proxy.Options) *bench {
	t.Helper()
	lookup := func(context.Context, string, string) (sigv4.Secret, error) {
		return sigv4.Secret{SecretAccessKey: "secret", Caller: aws.Caller{Scope: aws.Scope{Account: account}}}, nil
	}
	server := wire.NewServer(wire.Options{Lookup: lookup})
	if err := server.Mount(api.Service); err != nil {
		t.Fatal(err)
	}
	p := proxy.New(o)
	if err := p.Mount(server); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close) // when there are no more requests
	url := serve(t, server)
	return &bench{t, p, runtime.New(runtime.Options{Region: region, BaseEndpoint: &url, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", "")}), url}
}

// serve serves as sagebrush serve does, through wire/http1; SAGEBRUSH_NET_HTTP=1 is
// for the other way, which must make no difference.
func serve(t *testing.T, server *wire.Server) (url string) {
	t.Helper()
	o := edge.Options{Handler: server, Fast: server.IsDirect}
	if os.Getenv("SAGEBRUSH_NET_HTTP") != "" {
		o.Fast = nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := edge.New(o)
	served := make(chan error, 1)
	go func() { served <- e.Serve(l) }()
	t.Cleanup(func() {
		if err := errors.Join(e.Shutdown(context.Background()), <-served); err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// at is a container behind an address.
func at(hostname, address string) proxy.Container {
	return proxy.Container{Hostname: hostname, Dial: func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}}
}

// container serves h.
func (b *bench) container(hostname string, h http.HandlerFunc) proxy.Container {
	s := httptest.NewServer(h)
	b.Cleanup(s.Close)
	return at(hostname, s.Listener.Addr().String())
}

// raw answers every request with bytes, and closes the connection.
func (b *bench) raw(hostname, answer string) proxy.Container {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = io.WriteString(conn, answer)
				}
			}()
		}
	}()
	return at(hostname, l.Addr().String())
}

// variant has an instance for each list of containers.
func variant(name string, weight float64, instances ...[]proxy.Container) *proxy.Variant {
	v := &proxy.Variant{Name: name, Weight: weight}
	for i, c := range instances {
		v.Instances = append(v.Instances, proxy.NewInstance(fmt.Sprint(i), name+"/i-"+fmt.Sprint(i), c...))
	}
	return v
}

func one(c ...proxy.Container) []proxy.Container { return c }

func (b *bench) set(change func(e *proxy.Endpoint), production ...*proxy.Variant) {
	e := &proxy.Endpoint{Production: production}
	if change != nil {
		change(e)
	}
	b.Table().Set(key, e)
}

func (b *bench) invoke(change func(in *runtime.InvokeEndpointInput)) (*runtime.InvokeEndpointOutput, error) {
	in := &runtime.InvokeEndpointInput{EndpointName: v2aws.String(name), Body: []byte("1,2")}
	if change != nil {
		change(in)
	}
	return b.client.InvokeEndpoint(b.Context(), in)
}

// refused checks the code and the words of a refusal.
func (b *bench) refused(err error, code, words string) {
	b.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code || !strings.Contains(e.ErrorMessage(), words) {
		b.Errorf("%v, want %s with %q", err, code, words)
	}
}

// InvokeEndpoint-1: the body goes through verbatim, both ways; of the headers only
// those that the operation names.
//
// covers: sagemakerruntime.InvokeEndpoint
func TestInvoke(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	seen := make(chan *http.Request, 1)
	b.set(nil, variant("a", 1, one(b.container("", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen <- r
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("X-Secret", "no")
		w.Header().Set("X-Amzn-SageMaker-Custom-Attributes", "theirs")
		fmt.Fprintf(w, "%s %s %s", r.Method, r.URL.Path, body)
	}))))
	out, err := b.invoke(func(in *runtime.InvokeEndpointInput) {
		in.ContentType, in.Accept, in.CustomAttributes, in.TargetVariant = v2aws.String("text/csv"), v2aws.String("text/plain"), v2aws.String("ours"), v2aws.String("a")
	})
	if err != nil {
		t.Fatal(err)
	}
	if string(out.Body) != "POST /invocations 1,2" || *out.ContentType != "text/plain" || *out.CustomAttributes != "theirs" || *out.InvokedProductionVariant != "a" {
		t.Errorf("%s, %+v", out.Body, out)
	}
	r := <-seen
	for header, want := range map[string]string{
		"Content-Type": "text/csv", "Accept": "text/plain", "X-Amzn-Sagemaker-Custom-Attributes": "ours", "Authorization": "", "X-Amz-Date": "", "User-Agent": "",
	} {
		if got := r.Header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	if _, err := b.invoke(nil); err != nil { // without any header of its own
		t.Error(err)
	}
	<-seen
}

// InvokeEndpoint-1, -2, Variant-1: what there is not, and what cannot be.
func TestRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	_, err := b.invoke(nil)
	b.refused(err, "ValidationError", "Endpoint shop of account 123456789012 not found.")
	ok := one(b.container("", func(http.ResponseWriter, *http.Request) {}))
	b.set(nil, variant("a", 1, ok))
	_, err = b.invoke(func(in *runtime.InvokeEndpointInput) { in.TargetVariant = v2aws.String("b") })
	b.refused(err, "ValidationError", "Variant b of endpoint shop not found.")
	_, err = b.invoke(func(in *runtime.InvokeEndpointInput) { in.InferenceComponentName = v2aws.String("c") })
	b.refused(err, "ValidationError", "Inference component c")
	_, err = b.invoke(func(in *runtime.InvokeEndpointInput) { in.TargetModel = v2aws.String("m.tar.gz") })
	b.refused(err, "ValidationError", "")
	_, err = b.invoke(func(in *runtime.InvokeEndpointInput) { in.TargetContainerHostname = v2aws.String("h") })
	b.refused(err, "ValidationError", "")
	_, err = b.invoke(func(in *runtime.InvokeEndpointInput) { in.Body = make([]byte, proxy.DefaultMaxBody+1) })
	if err == nil {
		t.Error("a body above the limit is taken")
	}
	b.set(func(e *proxy.Endpoint) { e.NotServing = aws.Errorf(aws.ValidationError, "it rests") }, variant("a", 1, ok))
	_, err = b.invoke(nil)
	b.refused(err, "ValidationError", "it rests")
	b.set(func(e *proxy.Endpoint) { e.Async = true }, variant("a", 1, ok))
	_, err = b.invoke(nil)
	b.refused(err, "ValidationError", "asynchronous")
	b.set(nil, variant("a", 1))
	_, err = b.invoke(nil)
	if err == nil {
		t.Error("a variant without instances answers")
	}
	b.Table().Remove(key)
	_, err = b.invoke(nil)
	b.refused(err, "ValidationError", "not found")
}

// InvokeEndpoint-2, Host-4: what containers do wrong is a ModelError that says what.
func TestModelErrors(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	for what, c := range map[string]struct {
		container proxy.Container
		status    int32
		words     string
	}{
		"4xx": {b.container("", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "bad row", http.StatusUnprocessableEntity) }), 422, "bad row"},
		"5xx": {b.container("", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no memory", 500) }), 500, "no memory"},
		"slow": {b.container("", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then does it learn that nobody waits
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Second):
			}
		}), 0, "timed out"},
		"garbage":    {b.raw("", "hello, I am no HTTP server\r\n\r\n"), 0, ""},
		"half":       {b.raw("", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), 0, "before its answer was whole"},
		"half chunk": {b.raw("", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal"), 0, "before its answer was whole"},
		"nothing":    {b.raw("", ""), 0, ""},
	} {
		b.set(func(e *proxy.Endpoint) { e.Limits.Time = 300 * time.Millisecond }, variant("a", 1, one(c.container)))
		_, err := b.invoke(nil)
		var e *types.ModelError
		if !errors.As(err, &e) || v2aws.ToInt32(e.OriginalStatusCode) != c.status || !strings.Contains(e.ErrorMessage()+v2aws.ToString(e.OriginalMessage), c.words) {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if want := "arn:aws:logs:" + region + ":" + account + ":log-group:/aws/sagemaker/Endpoints/shop:log-stream:a/i-0"; v2aws.ToString(e.LogStreamArn) != want {
			t.Errorf("%s: %s", what, v2aws.ToString(e.LogStreamArn))
		}
	}
}

// An instance that refuses connections is passed over while another answers, and a
// kept connection that the container has closed costs no request.
func TestOtherInstance(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := at("", l.Addr().String())
	l.Close()
	hello := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }
	b.set(nil, variant("a", 1, one(dead), one(b.container("", hello))))
	for range 20 {
		if out, err := b.invoke(nil); err != nil || string(out.Body) != "hello" {
			t.Fatalf("%v", err)
		}
	}
	b.set(nil, variant("a", 1, one(b.raw("", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))))
	for range 20 {
		if out, err := b.invoke(nil); err != nil || string(out.Body) != "hello" {
			t.Fatalf("%v", err)
		}
	}
}

// A full queue refuses at once (issue of overload: the next is told to come later).
func TestFullQueue(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	entered, leave := make(chan bool, 2), make(chan bool)
	b.set(func(e *proxy.Endpoint) { e.Limits.Queue = 2 }, variant("a", 1, one(b.container("", func(http.ResponseWriter, *http.Request) {
		entered <- true
		<-leave
	}))))
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if _, err := b.invoke(nil); err != nil {
				t.Error(err)
			}
		})
	}
	<-entered
	<-entered
	_, err := b.invoke(nil)
	b.refused(err, "ThrottlingException", "")
	close(leave)
	all.Wait()
}

// Variant-1: requests are shared by weight, and a weight of 0 gets none.
func TestWeights(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	var counts [3]atomic.Int64
	var variants []*proxy.Variant
	for i, weight := range []float64{3, 1, 0} {
		variants = append(variants, variant(fmt.Sprint(i), weight, one(b.container("", func(http.ResponseWriter, *http.Request) { counts[i].Add(1) }))))
	}
	b.set(nil, variants...)
	const n = 400
	for range n {
		if _, err := b.invoke(nil); err != nil {
			t.Fatal(err)
		}
	}
	// 300 are expected; ten standard deviations are 87.
	if got := counts[0].Load(); got < 213 || got > 387 || counts[2].Load() != 0 || got+counts[1].Load() != n {
		t.Errorf("%d, %d, %d", counts[0].Load(), counts[1].Load(), counts[2].Load())
	}
}

// Host-6: a pipeline hands each answer on; in direct mode the request names its
// container.
func TestPipelines(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	stage := func(name string) proxy.Container {
		return b.container(name, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Content-Type", "text/"+name)
			fmt.Fprintf(w, "%s(%s %s)", name, r.Header.Get("Content-Type"), body)
		})
	}
	v := variant("a", 1, one(stage("first"), stage("second")))
	v.Mode = proxy.Serial
	b.set(nil, v)
	out, err := b.invoke(func(in *runtime.InvokeEndpointInput) { in.ContentType = v2aws.String("text/csv") })
	if err != nil || string(out.Body) != "second(text/first first(text/csv 1,2))" || *out.ContentType != "text/second" {
		t.Errorf("%s, %v", out.Body, err)
	}
	direct := *v
	direct.Mode = proxy.Direct
	b.set(nil, &direct)
	out, err = b.invoke(func(in *runtime.InvokeEndpointInput) { in.TargetContainerHostname = v2aws.String("second") })
	if err != nil || string(out.Body) != "second(application/octet-stream 1,2)" {
		t.Errorf("%v, %v", out, err)
	}
	_, err = b.invoke(func(in *runtime.InvokeEndpointInput) { in.TargetContainerHostname = v2aws.String("third") })
	b.refused(err, "ValidationError", "")
	_, err = b.invoke(nil)
	b.refused(err, "ValidationError", "")
}

// Answers of any length pass, with and without a length told before.
func TestLongAnswers(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	for _, chunked := range []bool{false, true} {
		for _, size := range []int{0, 1, 64 << 10, 64<<10 + 1, 5 << 20} {
			b.set(nil, variant("a", 1, one(b.container("", func(w http.ResponseWriter, _ *http.Request) {
				if !chunked {
					w.Header().Set("Content-Length", strconv.Itoa(size))
				}
				_, _ = io.WriteString(w, strings.Repeat("x", size))
			}))))
			out, err := b.invoke(nil)
			if err != nil || len(out.Body) != size || strings.Trim(string(out.Body), "x") != "" {
				t.Errorf("%d bytes, chunked %t: %v", size, chunked, err)
			}
		}
	}
}

// Shadow-1: a shadow variant gets copies, and whatever it does with them no request
// is the worse for it.
func TestShadow(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	copies := make(chan string, 10)
	b.set(func(e *proxy.Endpoint) {
		e.Shadow = []*proxy.Variant{variant("s", 1, one(b.container("", func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			copies <- string(body)
			http.Error(w, "not that it mattered", 500)
		})))}
	}, variant("a", 1, one(b.container("", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "real") }))))
	for range 5 {
		if out, err := b.invoke(nil); err != nil || string(out.Body) != "real" || *out.InvokedProductionVariant != "a" {
			t.Fatalf("%v", err)
		}
		if got := <-copies; got != "1,2" {
			t.Errorf("the shadow got %q", got)
		}
	}
}

// sink collects captured records.
type sink chan proxy.Captured

func (s sink) Capture(c proxy.Captured) { s <- c }

// DataCapture-1, DescribeEndpointConfig-3: a line a request, encoded by its type.
func TestCapture(t *testing.T) {
	t.Parallel()
	lines := make(sink, 1)
	b := setup(t, proxy.Options{Capture: lines})
	b.set(func(e *proxy.Endpoint) {
		e.Capture = &proxy.Capture{Percentage: 100, Input: true, Output: true, CSV: []string{"text/csv"}}
	}, variant("a", 1, one(b.container("", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-npy")
		_, _ = io.WriteString(w, "\x00\x01")
	}))))
	if _, err := b.invoke(func(in *runtime.InvokeEndpointInput) {
		in.ContentType, in.InferenceId = v2aws.String("text/csv; charset=utf-8"), v2aws.String("mine")
	}); err != nil {
		t.Fatal(err)
	}
	got := <-lines
	if got.Key != key || got.Variant != "a" {
		t.Errorf("%+v", got)
	}
	for _, part := range []string{
		`{"captureData":{"endpointInput":{"observedContentType":"text/csv; charset=utf-8","mode":"INPUT","data":"1,2","encoding":"CSV"},`,
		`"endpointOutput":{"observedContentType":"application/x-npy","mode":"OUTPUT","data":"AAE=","encoding":"BASE64"}}`, `"inferenceId":"mine"`, `"eventVersion":"0"}` + "\n",
	} {
		if !strings.Contains(string(got.Line), part) {
			t.Errorf("%s has no %s", got.Line, part)
		}
	}
}

// InvokeStream-1: an answer that breaks off ends in a ModelStreamError. That parts
// arrive as they come is shown with boto3 (e2e/test_endpoints.py): this client
// sometimes ends a stream after its first event (smithy-go closes the request's
// body, and with it the connection, as soon as the answer's head is there).
//
// covers: sagemakerruntime.InvokeEndpointWithResponseStream
func TestBrokenStream(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	b.set(nil, variant("a", 1, one(b.raw("", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nhal"))))
	for try := 1; ; try++ {
		out, err := b.client.InvokeEndpointWithResponseStream(t.Context(), &runtime.InvokeEndpointWithResponseStreamInput{EndpointName: v2aws.String(name), Body: []byte("x")})
		if err != nil {
			t.Fatal(err)
		}
		s := out.GetStream()
		for range s.Events() {
		}
		var broken *types.ModelStreamError
		_ = s.Close()
		if errors.As(s.Err(), &broken) {
			return
		}
		if try == 20 {
			t.Fatalf("%v", s.Err())
		}
	}
}

// Endpoints change while they are asked, and no request is the worse for it.
func TestChangesUnderLoad(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	containers := [2]proxy.Container{}
	for i := range containers {
		containers[i] = b.container("", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, i) })
	}
	b.set(nil, variant("a", 1, one(containers[0])))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				if _, err := b.invoke(nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 100 {
		b.set(nil, variant("a", 1, one(containers[i%2])))
	}
	all.Wait()
}
