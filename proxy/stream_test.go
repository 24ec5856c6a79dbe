package proxy_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/sagebrush/sagebrush/proxy"
)

// frames reads an event stream. The decoder checks lengths and sums.
type frames struct {
	*testing.T
	r       io.Reader
	decoder *eventstream.Decoder
}

func newFrames(t *testing.T, r io.Reader) *frames { return &frames{t, r, eventstream.NewDecoder()} }

// next is the type and the payload of the next frame; io.EOF ends them well.
func (f *frames) next() (kind, payload string, err error) {
	f.Helper()
	m, err := f.decoder.Decode(f.r, nil)
	if err != nil {
		return "", "", err
	}
	h := map[string]string{}
	for _, header := range m.Headers {
		h[header.Name] = header.Value.String()
	}
	switch h[":message-type"] {
	case "event":
		if h[":content-type"] != "application/octet-stream" {
			f.Errorf("a part is of %q", h[":content-type"])
		}
		return h[":event-type"], string(m.Payload), nil
	case "exception":
		if h[":content-type"] != "application/json" {
			f.Errorf("an exception is of %q", h[":content-type"])
		}
		return h[":exception-type"], string(m.Payload), nil
	}
	f.Fatalf("a frame of %v", h)
	return "", "", nil
}

// InvokeStream-1: parts of an answer arrive while the container is still at it, as
// frames of an event stream; the container's own type stands in a header.
func TestStream(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	next := make(chan string)
	b.set(nil, variant("a", 1, one(b.container("", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("X-Amzn-SageMaker-Custom-Attributes", "theirs")
		fmt.Fprintf(w, "%s of %s and %s", body, r.Header.Get("Content-Type"), r.Header.Get("Accept"))
		for part := range next {
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, part)
		}
	}))))
	const path = "/invocations-response-stream"
	done := make(chan *http.Response, 1)
	go func() {
		done <- b.post(path, "1,2", "Content-Type", "text/csv", "X-Amzn-Sagemaker-Accept", "text/plain", "X-Amzn-Sagemaker-Target-Variant", "a")
	}()
	next <- "one" // sends on what was written before
	resp := <-done
	for header, want := range map[string]string{
		"Content-Type": "application/vnd.amazon.eventstream", "X-Amzn-Sagemaker-Content-Type": "text/plain",
		"X-Amzn-Invoked-Production-Variant": "a", "X-Amzn-Sagemaker-Custom-Attributes": "theirs",
	} {
		if got := resp.Header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	f := newFrames(t, resp.Body)
	// Each part is read before the container goes on; this would wait for ever if
	// parts were held back.
	for i, want := range []string{"1,2 of text/csv and text/plain", "one", "two", strings.Repeat("x", 200<<10)} {
		var got string
		for len(got) < len(want) {
			kind, payload, err := f.next()
			if err != nil || kind != "PayloadPart" || payload == "" {
				t.Fatalf("%s %q, %v", kind, payload, err)
			}
			got += payload
		}
		if got != want {
			t.Errorf("%.40q, want %.40q", got, want)
		}
		switch i {
		case 0:
			next <- "two"
		case 1:
			next <- strings.Repeat("x", 200<<10)
		case 2:
			close(next)
		}
	}
	if _, _, err := f.next(); !errors.Is(err, io.EOF) {
		t.Errorf("behind the end: %v", err)
	}
}

// InvokeStream-1: what breaks in the middle ends the stream with an exception that
// says how; what breaks before is an error like any other (InvokeEndpoint-2).
func TestStreamBreaks(t *testing.T) {
	t.Parallel()
	const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
	never := make(chan bool)
	t.Cleanup(func() { close(never) })
	for what, c := range map[string]struct {
		container func(b *bench) proxy.Container
		want      string
	}{
		"closed":  {func(b *bench) proxy.Container { return b.raw("", head+"5\r\nha") }, `"ErrorCode":"StreamBroken"`},
		"garbage": {func(b *bench) proxy.Container { return b.raw("", head+"no length\r\n") }, `is no length of a chunk.","ErrorCode":"StreamBroken"`},
		"slow": {func(b *bench) proxy.Container {
			return b.container("", func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // only then does it learn that nobody waits
				_, _ = io.WriteString(w, "hello")
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
				case <-never:
				}
			})
		}, `did not end its answer within 300ms.","ErrorCode":"ModelInvocationTimeExceeded"`},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b := setup(t, proxy.Options{})
			b.set(func(e *proxy.Endpoint) { e.Limits.StreamTime = 300 * time.Millisecond }, variant("a", 1, one(c.container(b))))
			resp := b.post("/invocations-response-stream", "1")
			f := newFrames(t, resp.Body)
			var got, kind, payload string
			var err error
			for {
				if kind, payload, err = f.next(); err != nil || kind != "PayloadPart" {
					break
				}
				got += payload
			}
			if err != nil || !strings.HasPrefix(got, "hello") || kind != "ModelStreamError" || !strings.Contains(payload, c.want) {
				t.Errorf("%q, then %s %s, %v", got, kind, payload, err)
			}
			if _, _, err := f.next(); !errors.Is(err, io.EOF) {
				t.Errorf("behind the exception: %v", err)
			}
		})
	}
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		b := setup(t, proxy.Options{})
		for _, c := range []proxy.Container{b.raw("", ""), b.raw("", "HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n"), b.raw("", "garbage\r\n\r\n")} {
			b.set(nil, variant("a", 1, one(c)))
			resp := b.post("/invocations-response-stream", "1")
			if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 424 || resp.Header.Get("X-Amzn-Errortype") != "ModelError" {
				t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
			}
		}
	})
}

// A client that goes away in the middle of a stream has the container told so, and
// the request is outstanding no longer.
func TestStreamLeft(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	gone := make(chan bool)
	i := proxy.NewInstance("0", "", b.container("", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "hello")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		close(gone)
	}))
	b.set(nil, &proxy.Variant{Name: "a", Weight: 1, Instances: []*proxy.Instance{i}})
	resp := b.post("/invocations-response-stream", "1")
	if _, payload, err := newFrames(t, resp.Body).next(); err != nil || payload != "hello" {
		t.Fatalf("%q, %v", payload, err)
	}
	if i.Outstanding() != 1 {
		t.Errorf("%d requests are outstanding", i.Outstanding())
	}
	resp.Body.Close()
	<-gone
	b.Table().Remove(key)
	await(t, func() bool { return i.Outstanding() == 0 })
}
