package proxy_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	v2aws "github.com/aws/aws-sdk-go-v2/aws"
	runtime "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/proxy"
)

// script is a container that does with its n-th connection what serve says.
func (b *bench) script(serve func(n int, c net.Conn, r *bufio.Reader)) proxy.Container {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); serve(n, c, bufio.NewReader(c)) }()
		}
	}()
	return at("", l.Addr().String())
}

// A container that answers before it has read the request, however long that is,
// has its answer told; one that echoes while it reads does not block.
func TestEarlyAnswers(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	long := bytes.Repeat([]byte("0123456789abcdef"), 300_000)
	invoke := func() (*runtime.InvokeEndpointOutput, error) {
		return b.invoke(func(in *runtime.InvokeEndpointInput) { in.Body = long })
	}
	b.set(nil, variant("a", 1, one(b.script(func(_ int, c net.Conn, r *bufio.Reader) {
		_, _ = r.ReadString('\n')
		_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 8\r\n\r\ntoo long")
		_, _ = io.Copy(io.Discard, r)
	}))))
	_, err := invoke()
	b.refused(err, "ModelError", "too long")
	b.set(nil, variant("a", 1, one(b.container("", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		_, _ = io.Copy(w, r.Body)
	}))))
	for range 3 {
		out, err := invoke()
		if err != nil || !bytes.Equal(out.Body, long) {
			t.Fatalf("%v", err)
		}
	}
}

// loader is a Models that only names paths.
type loader struct {
	lost atomic.Int64
	err  error
}

func (l *loader) Path(_ context.Context, _ *proxy.Instance, target string) (string, error) {
	return "/models/" + strings.TrimSuffix(target, ".tar.gz") + "/invoke", l.err
}

func (l *loader) Lost(*proxy.Instance, string) { l.lost.Add(1) }

// Done has nothing to do: no model leaves.
func (l *loader) Done(*proxy.Instance, string) {}

// Host-7: TargetModel leads to the model's own path, a container that has lost a
// model is given it once more, and the codes of loading reach the client.
func TestManyModels(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	var forget atomic.Int64
	c := b.container("", func(w http.ResponseWriter, r *http.Request) {
		if forget.Add(-1) >= 0 {
			http.Error(w, "no such model", http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, r.URL.Path+" "+r.Header.Get("X-Amzn-SageMaker-Target-Model"))
	})
	models := &loader{}
	v := variant("a", 1, one(c))
	v.Mode, v.Models = proxy.MultiModel, models
	b.set(nil, v)
	of := func(target string) (string, error) {
		out, err := b.invoke(func(in *runtime.InvokeEndpointInput) {
			if target != "" {
				in.TargetModel = v2aws.String(target)
			}
		})
		if err != nil {
			return "", err
		}
		return string(out.Body), nil
	}
	const want = "/models/iris/invoke iris.tar.gz"
	if got, err := of("iris.tar.gz"); err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	forget.Store(1)
	if got, err := of("iris.tar.gz"); err != nil || got != want || models.lost.Load() != 1 {
		t.Errorf("%q, %v, lost %d", got, err, models.lost.Load())
	}
	forget.Store(5)
	_, err := of("iris.tar.gz")
	b.refused(err, "ModelError", "no such model")
	forget.Store(0)
	for _, target := range []string{"", "../other.tar.gz", "/etc/x", "a/../../b"} {
		_, err = of(target)
		b.refused(err, "ValidationError", "TargetModel")
	}
	models.err = aws.Errorf(aws.ModelNotReadyException, "The model is still being loaded.")
	_, err = of("iris.tar.gz")
	b.refused(err, "ModelNotReadyException", "still being loaded")
}

// A client that hangs up ends the request at the container, and counts as nobody's
// error.
func TestClientGone(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	entered, gone := make(chan bool), make(chan bool)
	b.set(nil, variant("a", 1, one(b.container("", func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		entered <- true
		<-r.Context().Done()
		close(gone)
	}))))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := b.client.InvokeEndpoint(ctx, &runtime.InvokeEndpointInput{EndpointName: v2aws.String(name), Body: []byte("1,2")})
		done <- err
	}()
	<-entered
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-gone
	measured := make(map[string]proxy.Measured)
	b.Table().Collect(func(_ proxy.Key, variant string, m proxy.Measured) { measured[variant] = m })
	if m := measured["a"]; m.Invocations != 1 || m.ModelErrors != 0 {
		t.Errorf("%+v", m)
	}
}

// An answer that is longer than what is recorded of one goes through whole, and no
// record is made of the half (DataCapture-1).
func TestLongAnswerIsNotCaptured(t *testing.T) {
	t.Parallel()
	records := make(sink, 4)
	b := setup(t, proxy.Options{Capture: records})
	long := bytes.Repeat([]byte("0123456789"), 200_000)
	for _, length := range []string{"", "2000000"} { // chunked, and with Content-Length
		b.set(func(e *proxy.Endpoint) {
			e.Limits.Body = 1 << 20
			e.Capture = &proxy.Capture{Percentage: 100, Output: true}
		}, variant("a", 1, one(b.container("", func(w http.ResponseWriter, r *http.Request) {
			if body, _ := io.ReadAll(r.Body); string(body) == "short" {
				_, _ = io.WriteString(w, "short")
				return
			}
			if length != "" {
				w.Header().Set("Content-Length", length)
			}
			_, _ = w.Write(long)
		}))))
		resp := b.post("/invocations", "1") // the SDK may close on a long answer: see TestCaptureLong
		if body, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(body, long) {
			t.Fatalf("%d bytes, %v", len(body), err)
		}
		if _, err := b.invoke(func(in *runtime.InvokeEndpointInput) { in.Body = []byte("short") }); err != nil {
			t.Fatal(err)
		}
		if c := <-records; !bytes.Contains(c.Line, []byte(`"data":"c2hvcnQ="`)) {
			t.Errorf("%.200s", c.Line)
		}
	}
}
