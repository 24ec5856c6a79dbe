package proxy_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	v2aws "github.com/aws/aws-sdk-go-v2/aws"
	runtime "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"

	"github.com/sagebrush/sagebrush/proxy"
)

// Shadow-1: whatever a shadow does with its copies, answers are those of production,
// and come without waiting for it.
func TestShadowChangesNothing(t *testing.T) {
	t.Parallel()
	hang := make(chan bool)
	t.Cleanup(func() { close(hang) })
	for what, shadow := range map[string]func(b *bench) *proxy.Variant{
		"hangs": func(b *bench) *proxy.Variant {
			return variant("s", 1, one(b.container("", func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // only then does it learn that nobody waits
				select {
				case <-r.Context().Done():
				case <-hang:
				}
			})))
		},
		"refuses":      func(b *bench) *proxy.Variant { return variant("s", 1, one(b.refusing(""))) },
		"garbage":      func(b *bench) *proxy.Variant { return variant("s", 1, one(b.raw("", "garbage\r\n\r\n"))) },
		"half":         func(b *bench) *proxy.Variant { return variant("s", 1, one(b.raw("", hello[:len(hello)-1]))) },
		"no instances": func(*bench) *proxy.Variant { return variant("s", 1) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b := setup(t, proxy.Options{})
			c, requests := b.scripted("", func(_, k int) (string, bool) {
				return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n%2d", k%100), true
			})
			v := shadow(b)
			b.set(func(e *proxy.Endpoint) { e.Shadow = []*proxy.Variant{v} }, variant("a", 1, one(c)))
			for range 20 {
				out, err := b.invoke(nil)
				if err != nil || len(out.Body) != 2 || *out.InvokedProductionVariant != "a" {
					t.Fatalf("%v, %v", out, err)
				}
			}
			if requests.Load() != 20 {
				t.Errorf("production got %d requests", requests.Load())
			}
			b.Close() // gives up the copies that hang
			for _, i := range v.Instances {
				if i.Outstanding() != 0 {
					t.Errorf("%d copies are outstanding", i.Outstanding())
				}
			}
		})
	}
}

// Shadow-1: the weight of a shadow against that of production is its share. Copies
// keep their bodies while other requests go through the same buffers.
func TestShadowShare(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	c, _ := b.scripted("", func(int, int) (string, bool) { return hello, true })
	var copies [3]atomic.Int64
	var shadows []*proxy.Variant
	for i, weight := range []float64{0, 1, 4} {
		shadows = append(shadows, variant(fmt.Sprint("s", i), weight, one(b.container("", func(_ http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if s := string(body); err != nil || len(s) != 1000 || strings.Trim(s, s[:1]) != "" {
				t.Errorf("a copy of %d bytes was changed: %v", len(s), err)
			}
			copies[i].Add(1)
		}))))
	}
	b.set(func(e *proxy.Endpoint) { e.Shadow = shadows }, variant("a", 1, one(c)), variant("b", 3, one(c)))
	const n = 400
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for range n / 4 {
				if _, err := b.invoke(func(in *runtime.InvokeEndpointInput) {
					in.Body = []byte(strings.Repeat(string(rune('a'+g)), 1000))
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	await(t, func() bool { return copies[2].Load() == n })
	// 100 are expected; ten standard deviations are 87.
	await(t, func() bool { return shadows[1].Instances[0].Outstanding() == 0 })
	if got := copies[1].Load(); got < 13 || got > 187 || copies[0].Load() != 0 {
		t.Errorf("%d, %d", copies[0].Load(), got)
	}
}

// Copies that there is no room for are left out, and the request is none the worse.
func TestShadowWithoutRoom(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{Beside: 10})
	c, _ := b.scripted("", func(int, int) (string, bool) { return hello, true })
	s, copies := b.scripted("", func(int, int) (string, bool) { return hello, true })
	b.set(func(e *proxy.Endpoint) { e.Shadow = []*proxy.Variant{variant("s", 1, one(s))} }, variant("a", 1, one(c)))
	for _, size := range []int{11, 10} {
		if _, err := b.invoke(func(in *runtime.InvokeEndpointInput) { in.Body = make([]byte, size) }); err != nil {
			t.Fatal(err)
		}
	}
	await(t, func() bool { return copies.Load() == 1 })
	b.Close()
	if copies.Load() != 1 {
		t.Errorf("%d copies", copies.Load())
	}
}

// gate is a sink that waits before each record.
type gate struct {
	open chan bool
	mu   sync.Mutex
	all  []proxy.Captured
}

func (g *gate) Capture(c proxy.Captured) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all = append(g.all, c)
}

// DataCapture-1: requests do not wait for records to be written, records that find no
// room are left out, and Close hands over those that wait.
func TestCaptureWaits(t *testing.T) {
	t.Parallel()
	g := &gate{open: make(chan bool)}
	b := setup(t, proxy.Options{Capture: g, Beside: 8 * 20})
	b.set(func(e *proxy.Endpoint) { e.Capture = &proxy.Capture{Percentage: 100, Input: true, Output: true} }, variant("a", 1, one(b.raw("", hello))))
	const n = 30 // of 3 bytes there and 5 back
	for range n {
		if out, err := b.invoke(nil); err != nil || string(out.Body) != "hello" {
			t.Fatal(err)
		}
	}
	close(g.open)
	b.Close()
	if len(g.all) != 20 {
		t.Errorf("%d records of 20 that there is room for", len(g.all))
	}
}

// DescribeEndpointConfig-3: only the bodies that were asked for, only of the share of
// requests, and only of answers that were good.
func TestCaptureChooses(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		capture     proxy.Capture
		status      int
		least, most int
		has, hasNot string
	}{
		"input":   {proxy.Capture{Percentage: 100, Input: true}, 200, 1, 1, "endpointInput", "endpointOutput"},
		"output":  {proxy.Capture{Percentage: 100, Output: true}, 200, 1, 1, "endpointOutput", "endpointInput"},
		"nothing": {proxy.Capture{Percentage: 0, Input: true}, 200, 0, 0, "", "-"},
		"failed":  {proxy.Capture{Percentage: 100, Input: true, Output: true}, 500, 0, 0, "", "-"},
		// 50 are expected; nine standard deviations are 45.
		"half": {proxy.Capture{Percentage: 50, Input: true}, 200, 5, 95, "endpointInput", "endpointOutput"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			g := &gate{open: make(chan bool)}
			close(g.open)
			b := setup(t, proxy.Options{Capture: g})
			b.set(func(e *proxy.Endpoint) { e.Capture = &c.capture }, variant("a", 1, one(b.container("", func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
			}))))
			requests := 1
			if c.most > 1 {
				requests = 100
			}
			for range requests {
				if _, err := b.invoke(nil); (err == nil) != (c.status == 200) {
					t.Fatal(err)
				}
			}
			b.Close()
			if len(g.all) < c.least || len(g.all) > c.most {
				t.Errorf("%d records", len(g.all))
			}
			for _, r := range g.all {
				if line := string(r.Line); !strings.Contains(line, c.has) || strings.Contains(line, c.hasNot) {
					t.Error(line)
				}
			}
		})
	}
}

// DataCapture-1: long answers and streams are recorded whole, or, above the limit of
// a body, not at all.
func TestCaptureLong(t *testing.T) {
	t.Parallel()
	lines := make(sink, 10)
	b := setup(t, proxy.Options{Capture: lines})
	text := strings.Repeat("0123456789", 20<<10)
	set := func(limit int64) {
		b.set(func(e *proxy.Endpoint) {
			e.Limits.Body = limit
			e.Capture = &proxy.Capture{Percentage: 100, Output: true, CSV: []string{"text/csv"}}
		}, variant("a", 1, one(b.container("", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/csv")
			_, _ = io.WriteString(w, text)
		}))))
	}
	set(0)
	if _, err := b.invoke(nil); err != nil {
		t.Fatal(err)
	}
	if r := <-lines; !strings.Contains(string(r.Line), `"data":"`+text+`","encoding":"CSV"`) {
		t.Errorf("%.200s", r.Line)
	}
	resp := b.post("/invocations-response-stream", "1", "X-Amzn-Sagemaker-Inference-Id", "streamed")
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	if r := <-lines; !strings.Contains(string(r.Line), `"data":"`+text+`","encoding":"CSV"`) || !strings.Contains(string(r.Line), `"inferenceId":"streamed"`) {
		t.Errorf("%.200s", r.Line)
	}
	set(int64(len(text) - 1))
	if out, err := b.invoke(func(in *runtime.InvokeEndpointInput) { in.InferenceId = v2aws.String("long") }); err != nil || string(out.Body) != text {
		t.Fatal(err)
	}
	b.Close()
	if len(lines) != 0 {
		t.Errorf("%.200s", (<-lines).Line)
	}
}

// An endpoint that is taken away while it is asked: the request ends where it began,
// and its connection is closed after that.
func TestRemovedUnderWay(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	entered, leave := make(chan bool), make(chan bool)
	gone := make(chan bool)
	i := proxy.NewInstance("0", "", proxy.Container{Dial: watched(b, gone, func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = io.WriteString(w, "late")
	})})
	b.set(nil, &proxy.Variant{Name: "a", Weight: 1, Instances: []*proxy.Instance{i}})
	answered := make(chan error, 1)
	go func() {
		out, err := b.invoke(nil)
		if err == nil && string(out.Body) != "late" {
			err = fmt.Errorf("it answered %q", out.Body)
		}
		answered <- err
	}()
	<-entered
	b.Table().Remove(key)
	if i.Outstanding() != 1 {
		t.Errorf("%d requests are outstanding", i.Outstanding())
	}
	_, err := b.invoke(nil)
	b.refused(err, "ValidationError", "not found")
	close(leave)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	<-gone
	await(t, func() bool { return i.Outstanding() == 0 })
}

// A kept connection is closed as soon as its endpoint is taken away.
func TestRemovedIdle(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	gone := make(chan bool)
	c := proxy.Container{Dial: watched(b, gone, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })}
	b.set(nil, variant("a", 1, one(c)))
	if _, err := b.invoke(nil); err != nil {
		t.Fatal(err)
	}
	b.Table().Remove(key)
	<-gone
}

// Several endpoints come, change and go while they are asked: a request gets its
// endpoint's answer or hears that there is none.
func TestTableUnderLoad(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	c, _ := b.scripted("", func(int, int) (string, bool) { return hello, true })
	kept := proxy.NewInstance("kept", "", c)
	ctx, cancel := context.WithCancel(t.Context())
	var changes, asks sync.WaitGroup
	for g := range 2 {
		changes.Go(func() {
			k := key
			k.Name = fmt.Sprint("e", g)
			for n := 0; ctx.Err() == nil; n++ {
				b.Table().Set(k, &proxy.Endpoint{Production: []*proxy.Variant{{Name: "a", Weight: 1, Routing: proxy.LeastOutstanding,
					Instances: []*proxy.Instance{kept, proxy.NewInstance(fmt.Sprint(n), "", c)}}}})
				if n%5 == 4 {
					b.Table().Remove(k)
				}
				b.Table().Collect(func(proxy.Key, string, proxy.Measured) {})
			}
		})
		asks.Go(func() {
			for range 200 {
				out, err := b.invoke(func(in *runtime.InvokeEndpointInput) { in.EndpointName = v2aws.String(fmt.Sprint("e", g)) })
				switch {
				case err != nil:
					b.refused(err, "ValidationError", "not found")
				case string(out.Body) != "hello":
					t.Errorf("%s", out.Body)
				}
			}
		})
	}
	asks.Wait()
	cancel()
	changes.Wait()
	await(t, func() bool { return kept.Outstanding() == 0 })
}
