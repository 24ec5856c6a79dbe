package proxy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	v2aws "github.com/aws/aws-sdk-go-v2/aws"
	runtime "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime/types"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/proxy"
)

// models says where models are, and notes which were lost.
type models struct {
	mu   sync.Mutex
	path func(lost int) (string, error) // of a model that was lost so often
	lost []string
	done atomic.Int64
}

func (m *models) Path(_ context.Context, in *proxy.Instance, target string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if in.ID != "0" || target != "sub/m.tar.gz" {
		return "", fmt.Errorf("asked for %s in %s", target, in.ID)
	}
	return m.path(len(m.lost))
}

func (m *models) Done(*proxy.Instance, string) { m.done.Add(1) }

func (m *models) Lost(_ *proxy.Instance, target string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lost = append(m.lost, target)
}

func target(in *runtime.InvokeEndpointInput) { in.TargetModel = v2aws.String("sub/m.tar.gz") }

// Host-7: a model of many is asked where it was loaded; one that the container has
// lost is loaded once more, and only once; what loading answers goes to the client.
func TestMultiModel(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	container := b.container("", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/models/gone/invoke" {
			http.Error(w, "no such model", http.StatusNotFound)
			return
		}
		fmt.Fprintf(w, "%s %s", r.URL.Path, r.Header.Get("X-Amzn-SageMaker-Target-Model"))
	})
	set := func(path func(lost int) (string, error)) *models {
		v := variant("a", 1, one(container))
		m := &models{path: path}
		v.Mode, v.Models = proxy.MultiModel, m
		b.set(nil, v)
		return m
	}

	m := set(func(int) (string, error) { return "/models/x/invoke", nil })
	out, err := b.invoke(target)
	if err != nil || string(out.Body) != "/models/x/invoke sub/m.tar.gz" || len(m.lost) != 0 {
		t.Errorf("%v, %v, lost %v", out, err, m.lost)
	}
	await(t, func() bool { return m.done.Load() == 1 })
	for _, bad := range []string{"/m.tar.gz", "../m.tar.gz", "a/../../m.tar.gz", "a/.."} {
		_, err := b.invoke(func(in *runtime.InvokeEndpointInput) { in.TargetModel = &bad })
		b.refused(err, "ValidationError", "")
	}
	_, err = b.invoke(nil)
	b.refused(err, "ValidationError", "TargetModel is required")

	m = set(func(lost int) (string, error) {
		if lost == 0 {
			return "/models/gone/invoke", nil
		}
		return "/models/again/invoke", nil
	})
	out, err = b.invoke(target)
	if err != nil || string(out.Body) != "/models/again/invoke sub/m.tar.gz" || len(m.lost) != 1 {
		t.Errorf("%v, %v, lost %v", out, err, m.lost)
	}

	m = set(func(int) (string, error) { return "/models/gone/invoke", nil })
	_, err = b.invoke(target)
	var e *types.ModelError
	if !errors.As(err, &e) || v2aws.ToInt32(e.OriginalStatusCode) != 404 || len(m.lost) != 2 {
		t.Errorf("%v, lost %v", err, m.lost)
	}

	set(func(int) (string, error) {
		return "", aws.Errorf(aws.ModelNotReadyException, "The model is being loaded.")
	})
	_, err = b.invoke(target)
	var loading *types.ModelNotReadyException
	if !errors.As(err, &loading) || loading.ErrorMessage() != "The model is being loaded." {
		t.Errorf("%v", err)
	}
	set(func(int) (string, error) { return "", aws.Errorf(aws.ValidationError, "There is no such model.") })
	_, err = b.invoke(target)
	b.refused(err, "ValidationError", "There is no such model.")
	set(func(int) (string, error) { return "", errors.New("a bug that clients are not told of") })
	_, err = b.invoke(target)
	b.refused(err, "InternalFailure", "The cause is in its log")
}

// Host-6: a pipeline ends at the container that fails, and says which it was; each
// gets the type of what it is handed, and only the last what the client accepts.
func TestPipelineFails(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	accepts := make(chan string, 2)
	first := b.container("first", func(w http.ResponseWriter, r *http.Request) {
		accepts <- r.Header.Get("Accept") + " " + r.Header.Get("X-Amzn-SageMaker-Custom-Attributes")
		_, _ = io.WriteString(w, "1")
	})
	failing := b.container("second", func(w http.ResponseWriter, r *http.Request) {
		accepts <- r.Header.Get("Accept") + " " + r.Header.Get("X-Amzn-SageMaker-Custom-Attributes")
		http.Error(w, "not mine", 400)
	})
	never, asked := b.scripted("third", func(int, int) (string, bool) { return hello, true })
	ask := func(c ...proxy.Container) *types.ModelError {
		v := variant("a", 1, c)
		v.Mode = proxy.Serial
		b.set(nil, v)
		_, err := b.invoke(func(in *runtime.InvokeEndpointInput) {
			in.Accept, in.CustomAttributes = v2aws.String("text/csv"), v2aws.String("c")
		})
		var e *types.ModelError
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		return e
	}
	if e := ask(first, failing); *e.OriginalStatusCode != 400 || *e.OriginalMessage != "not mine\n" {
		t.Errorf("%v", e)
	}
	if a, b := <-accepts, <-accepts; a != " c" || b != "text/csv c" {
		t.Errorf("the containers were asked for %q and %q", a, b)
	}
	if e := ask(failing, never); *e.OriginalStatusCode != 400 {
		t.Errorf("%v", e)
	}
	<-accepts
	half := b.raw("half", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
	if e := ask(half, never); *e.OriginalStatusCode != 0 {
		t.Errorf("%v", e)
	}
	// More than is handed on, announced or not.
	long := b.raw("long", "HTTP/1.1 200 OK\r\nContent-Length: 67108865\r\n\r\n")
	if e := ask(long, never); *e.OriginalMessage != "The answer is too long for the next container of the pipeline." {
		t.Errorf("%v", e)
	}
	if asked.Load() != 0 {
		t.Error("a container was asked behind one that failed")
	}
}

// An endpoint with inference components wants one of them named, and asks it.
func TestComponents(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	say := func(text string) []proxy.Container {
		return one(b.container("", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }))
	}
	b.set(func(e *proxy.Endpoint) {
		e.Components = map[string]*proxy.Variant{"c1": variant("a", 1, say("one")), "c2": variant("a", 1, say("two"))}
	}, variant("a", 1, say("none")))
	for component, want := range map[string]string{"c1": "one", "c2": "two"} {
		out, err := b.invoke(func(in *runtime.InvokeEndpointInput) { in.InferenceComponentName = &component })
		if err != nil || string(out.Body) != want {
			t.Errorf("%s: %v, %v", component, out, err)
		}
	}
	_, err := b.invoke(nil)
	b.refused(err, "ValidationError", "Inference Component Name header is required")
	_, err = b.invoke(func(in *runtime.InvokeEndpointInput) { in.InferenceComponentName = v2aws.String("c3") })
	b.refused(err, "ValidationError", "Inference component c3 of endpoint shop not found.")
}

// Variant-1: where all weights are 0 only a named variant answers.
func TestNoWeight(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	c, _ := b.scripted("", func(int, int) (string, bool) { return hello, true })
	b.set(nil, variant("a", 0, one(c)), variant("b", 0, one(c)))
	_, err := b.invoke(nil)
	b.refused(err, "ServiceUnavailable", "weight 0")
	out, err := b.invoke(func(in *runtime.InvokeEndpointInput) { in.TargetVariant = v2aws.String("b") })
	if err != nil || *out.InvokedProductionVariant != "b" {
		t.Errorf("%v, %v", out, err)
	}
}

// explainer asks the model twice.
type explainer struct{ asked chan proxy.ExplainRequest }

func (x explainer) Explain(ctx context.Context, r proxy.ExplainRequest) (proxy.Payload, error) {
	x.asked <- r
	a, err := r.Model(ctx, []byte("a"), "text/a")
	if err != nil {
		return proxy.Payload{}, err
	}
	b, err := r.Model(ctx, r.Body, r.ContentType)
	return proxy.Payload{ContentType: "application/json", Data: append(a.Data, b.Data...)}, err
}

// Explain-1: an endpoint that explains asks its model as often as the explainer wants
// to; the client gets the custom attributes of the first answer, and the model's
// errors are the request's. Explanations are not streamed.
func TestExplain(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	x := explainer{make(chan proxy.ExplainRequest, 1)}
	set := func(status int) {
		b.set(func(e *proxy.Endpoint) { e.Explainer = x }, variant("a", 1, one(b.container("", func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Amzn-Sagemaker-Custom-Attributes", "to "+string(body))
			w.WriteHeader(status)
			fmt.Fprintf(w, "(%s %s)", r.Header.Get("Content-Type"), body)
		}))))
	}
	set(200)
	out, err := b.invoke(func(in *runtime.InvokeEndpointInput) {
		in.ContentType, in.EnableExplanations = v2aws.String("text/csv"), v2aws.String("`true`")
	})
	if err != nil || string(out.Body) != "(text/a a)(text/csv 1,2)" || *out.CustomAttributes != "to a" || *out.ContentType != "application/json" || *out.InvokedProductionVariant != "a" {
		t.Errorf("%v, %v", out, err)
	}
	if r := <-x.asked; r.Key != key || r.Enable != "`true`" {
		t.Errorf("%+v", r)
	}
	// Host-9: it is one invocation, however often the model was asked.
	m := b.collect()["a"]
	if m.ModelLatency.Count != 1 || m.OverheadLatency.Count != 1 {
		t.Errorf("%d and %d times", m.ModelLatency.Count, m.OverheadLatency.Count)
	}
	m.ModelLatency, m.OverheadLatency = proxy.Histogram{}, proxy.Histogram{}
	if m != (proxy.Measured{Invocations: 1, Instances: 1}) {
		t.Errorf("%+v", m)
	}
	set(500)
	_, err = b.invoke(nil)
	<-x.asked
	if m := b.collect()["a"]; m != (proxy.Measured{Invocations: 1, Errors5XX: 1, ModelErrors: 1, Instances: 1}) {
		t.Errorf("%+v", m)
	}
	var e *types.ModelError
	if !errors.As(err, &e) || *e.OriginalMessage != "(text/a a)" {
		t.Errorf("%v", err)
	}
	resp := b.post("/invocations-response-stream", "1")
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 400 || resp.Header.Get("X-Amzn-Errortype") != "ValidationError" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}
