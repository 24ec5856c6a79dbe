package proxy_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	runtime "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"

	"github.com/sagebrush/sagebrush/proxy"
)

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
	for i := range n {
		out, err := b.invoke(func(in *runtime.InvokeEndpointInput) { in.Body = []byte(strconv.Itoa(100 + i)) })
		if err != nil || string(out.Body) != "hello" {
			t.Fatal(err)
		}
	}
	close(g.open)
	b.Close()
	if len(g.all) != 20 {
		t.Errorf("%d records of 20 that there is room for", len(g.all))
	}
	for i, r := range g.all { // each has its own body, though buffers were used again
		if want := `"data":"` + base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(100+i))) + `"`; !strings.Contains(string(r.Line), want) {
			t.Errorf("record %d has no %s: %s", i, want, r.Line)
		}
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
	// The SDK may close a connection while it reads the long answer: it closes the
	// request's body as soon as the head is there, which its transport may be reading.
	ask := func(id string) {
		t.Helper()
		resp := b.post("/invocations", "1", "X-Amzn-Sagemaker-Inference-Id", id)
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != text {
			t.Fatalf("%d bytes, %v", len(body), err)
		}
	}
	set(0)
	ask("whole")
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
	ask("long")
	b.Close()
	if len(lines) != 0 {
		t.Errorf("%.200s", (<-lines).Line)
	}
}
