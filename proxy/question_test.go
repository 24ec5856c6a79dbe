package proxy_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/proxy"
)

// letters are n bytes that are nowhere held.
func letters(n int64) io.Reader { return io.LimitReader(endless{}, n) }

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a' + byte(i%26)
	}
	return len(b), nil
}

// question asks the bench's endpoint.
func question(body io.Reader, n int64) proxy.Question {
	return proxy.Question{Key: key, ContentType: "text/csv", Accept: "a/b", Custom: "c", ID: "i", Body: body, Length: n, Time: time.Minute}
}

// Async-1: body and answer of a question pass through, however long they are.
func TestQuestion(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	b.set(nil, variant("a", 1, one(b.container("", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/invocations" || r.Header.Get("Content-Type") != "text/csv" || r.Header.Get("Accept") != "a/b" || r.Header.Get("X-Amzn-SageMaker-Custom-Attributes") != "c" {
			t.Errorf("the container is asked %s with %v", r.URL, r.Header)
		}
		w.Header().Set("Content-Type", "x/y")
		_ = http.NewResponseController(w).EnableFullDuplex()
		_, _ = io.Copy(w, r.Body)
	}))))
	for _, n := range []int64{0, 1, 32 << 10, 20 << 20} {
		r, err := b.Ask(t.Context(), question(letters(n), n))
		if err != nil {
			t.Fatal(err)
		}
		got, want := sha256.New(), sha256.New()
		_, _ = io.Copy(want, letters(n))
		if k, err := io.Copy(got, r); err != nil || k != n || string(got.Sum(nil)) != string(want.Sum(nil)) {
			t.Errorf("of %d bytes came %d: %v", n, k, err)
		}
		if r.ContentType != "x/y" || r.Variant != "a" {
			t.Errorf("the answer is %s of %s", r.ContentType, r.Variant)
		}
		_ = r.Close()
	}
	seen := false
	b.Table().Collect(func(_ proxy.Key, _ string, m proxy.Measured) {
		seen = true
		if m.Invocations != 4 || m.ModelLatency.Count != 4 || m.ModelErrors != 0 {
			t.Errorf("measured %d invocations, %d latencies", m.Invocations, m.ModelLatency.Count)
		}
	})
	if !seen {
		t.Error("nothing was measured")
	}
}

// InvokeEndpoint-2, Host-4: what goes wrong with a question is told apart: the
// container's fault, a crash, the body's, and an endpoint that cannot take it now.
func TestQuestionFailures(t *testing.T) {
	t.Parallel()
	ask := func(b *bench, q proxy.Question) error {
		r, err := b.Ask(b.Context(), q)
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = io.Copy(io.Discard, r)
		return err
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		code    aws.Code
		crashed bool
	}{
		"500":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, aws.ModelError, false},
		"crash": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, aws.ModelError, true},
		"half": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "half")
			panic(http.ErrAbortHandler)
		}, aws.ModelError, true},
		"slow": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, aws.ModelError, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, proxy.Options{})
			b.set(nil, variant("a", 1, one(b.container("", c.handler))))
			q := question(letters(5), 5)
			if name == "slow" {
				q.Time = 200 * time.Millisecond
			}
			if err := ask(b, q); aws.CodeOf(err) != c.code || proxy.Crashed(err) != c.crashed {
				t.Errorf("it ends in %v (crashed: %v)", err, proxy.Crashed(err))
			}
		})
	}
	t.Run("body", func(t *testing.T) {
		t.Parallel()
		b := setup(t, proxy.Options{})
		var whole atomic.Bool
		b.set(nil, variant("a", 1, one(b.container("", func(_ http.ResponseWriter, r *http.Request) {
			_, err := io.Copy(io.Discard, r.Body)
			whole.Store(err == nil)
		}))))
		broken := errors.New("the disk is gone")
		for _, body := range []io.Reader{io.MultiReader(letters(100<<10), reading{broken}), letters(100 << 10)} {
			err := ask(b, question(body, 1<<20))
			var input *proxy.InputError
			if !errors.As(err, &input) || whole.Load() {
				t.Errorf("it ends in %v; whole: %v", err, whole.Load())
			}
		}
	})
	t.Run("not now", func(t *testing.T) {
		t.Parallel()
		b := setup(t, proxy.Options{})
		unread := strings.NewReader("unread")
		for _, e := range []*proxy.Endpoint{nil, {Production: []*proxy.Variant{variant("a", 1)}}, {NotServing: aws.Errorf(aws.ValidationError, "no")},
			{Production: []*proxy.Variant{variant("a", 1, one(at("", "127.0.0.1:1")))}}} {
			if e != nil {
				b.Table().Set(key, e)
			}
			if err := ask(b, question(unread, 6)); aws.CodeOf(err) != aws.ServiceUnavailable || unread.Len() != 6 {
				t.Errorf("it ends in %v", err)
			}
		}
	})
	t.Run("given up", func(t *testing.T) {
		t.Parallel()
		b := setup(t, proxy.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		b.set(nil, variant("a", 1, one(b.container("", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			cancel()
			<-r.Context().Done()
		}))))
		if _, err := b.Ask(ctx, question(letters(5), 5)); !errors.Is(err, context.Canceled) {
			t.Errorf("it ends in %v", err)
		}
	})
}

// reading is a reader that fails.
type reading struct{ err error }

func (r reading) Read([]byte) (int, error) { return 0, r.err }

// DataCapture-1: questions are captured as requests are, if they are not too long.
func TestQuestionsAreCaptured(t *testing.T) {
	t.Parallel()
	lines := make(sink, 10)
	b := setup(t, proxy.Options{Capture: lines})
	c := one(b.container("", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		_ = http.NewResponseController(w).EnableFullDuplex()
		_, _ = io.Copy(w, r.Body)
	}))
	b.Table().Set(key, &proxy.Endpoint{Async: true, Production: []*proxy.Variant{variant("a", 1, c)}, Limits: proxy.Limits{Body: 100},
		Capture: &proxy.Capture{Percentage: 100, Input: true, Output: true, CSV: []string{"text/csv"}}})
	for _, n := range []int64{101, 3} {
		r, err := b.Ask(t.Context(), question(letters(n), n))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
	}
	b.Close() // writes what waits
	if len(lines) != 1 {
		t.Fatalf("%d questions were captured", len(lines))
	}
	if line := string((<-lines).Line); strings.Count(line, `"data":"abc"`) != 2 || !strings.Contains(line, `"inferenceId":"i"`) {
		t.Errorf("captured is %s", line)
	}
}

// Async-2: what an endpoint takes at a time is what its instances do.
func TestCapacity(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	c := one(at("", "127.0.0.1:1"))
	b.Table().Set(key, &proxy.Endpoint{Limits: proxy.Limits{Queue: 3}, Production: []*proxy.Variant{variant("a", 1, c, c), variant("b", 0, c)}})
	if n, instances := b.Table().Capacity(key); n != 6 || instances != 2 {
		t.Errorf("it takes %d by %d instances", n, instances)
	}
	b.Table().Set(key, &proxy.Endpoint{NotServing: aws.Errorf(aws.ValidationError, "no"), Production: []*proxy.Variant{variant("a", 1, c)}})
	if n, _ := b.Table().Capacity(key); n != 0 {
		t.Errorf("an endpoint that does not serve takes %d", n)
	}
}
