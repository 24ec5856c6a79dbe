package proxy_test

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/proxy"
)

// collect is what each variant did since it was last asked.
func (b *bench) collect() map[string]proxy.Measured {
	all := map[string]proxy.Measured{}
	b.Table().Collect(func(_ proxy.Key, variant string, m proxy.Measured) { all[variant] = m })
	return all
}

// Host-9: what a variant did is counted once, by its kind.
func TestMeasures(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	long := "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + strings.Repeat("x", 100000)
	for what, c := range map[string]struct {
		answer string
		want   proxy.Measured // but for the times
		timed  int64
	}{
		"good": {hello, proxy.Measured{Invocations: 1}, 1},
		"3xx":  {"HTTP/1.1 302 x\r\nContent-Length: 0\r\n\r\n", proxy.Measured{Invocations: 1, ModelErrors: 1}, 0},
		"4xx":  {"HTTP/1.1 400 x\r\nContent-Length: 0\r\n\r\n", proxy.Measured{Invocations: 1, Errors4XX: 1, ModelErrors: 1}, 0},
		"5xx":  {"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n", proxy.Measured{Invocations: 1, Errors5XX: 1, ModelErrors: 1}, 0},
		"half": {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", proxy.Measured{Invocations: 1, ModelErrors: 1}, 0},
		"long": {long, proxy.Measured{Invocations: 1, ModelErrors: 1}, 0},
	} {
		v := variant(what, 1, one(b.raw("", c.answer)))
		b.set(nil, v)
		_, err := b.invoke(nil)
		if (err == nil) != (c.timed == 1) {
			t.Errorf("%s: %v", what, err)
		}
		// The client has its answer before all of it is counted.
		var got proxy.Measured
		await(t, func() bool {
			m := b.collect()[what]
			got.Invocations, got.Errors4XX, got.Errors5XX = got.Invocations+m.Invocations, got.Errors4XX+m.Errors4XX, got.Errors5XX+m.Errors5XX
			if m.Invocations > 0 && m.Instances != 1 {
				t.Errorf("%s: %d instances, want 1", what, m.Instances)
			}
			got.ModelErrors, got.Throttled, got.Copies = got.ModelErrors+m.ModelErrors, got.Throttled+m.Throttled, got.Copies+m.Copies
			got.ModelLatency.Count += m.ModelLatency.Count
			got.OverheadLatency.Count += m.OverheadLatency.Count
			return got.ModelErrors+got.OverheadLatency.Count == 1
		})
		if got.ModelLatency.Count != c.timed || got.OverheadLatency.Count != c.timed {
			t.Errorf("%s: %d and %d times", what, got.ModelLatency.Count, got.OverheadLatency.Count)
		}
		got.ModelLatency, got.OverheadLatency = proxy.Histogram{}, proxy.Histogram{}
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", what, got, c.want)
		}
	}
	if all := b.collect(); len(all) != 0 {
		t.Errorf("twice: %+v", all)
	}
}

// A long answer that breaks off cannot become an error any more: the client sees that
// it is not whole.
func TestLongAnswerBreaks(t *testing.T) {
	t.Parallel()
	for what, head := range map[string]string{
		"length":  "Content-Length: 300000\r\n\r\n",
		"chunked": "Transfer-Encoding: chunked\r\n\r\n493E0\r\n",
	} {
		b := setup(t, proxy.Options{})
		b.set(nil, variant("a", 1, one(b.raw("", "HTTP/1.1 200 OK\r\n"+head+strings.Repeat("x", 200000)))))
		resp := b.post("/invocations", "1")
		body, err := io.ReadAll(resp.Body)
		if err == nil || len(body) > 200000 || resp.StatusCode != 200 {
			t.Errorf("%s: %d with %d bytes, %v", what, resp.StatusCode, len(body), err)
		}
	}
}

// Host-4, InvokeEndpoint-2: an answer that stops in the middle has a limit as well. As
// long as nothing was sent on it is a ModelError; a long one is cut off.
func TestAnswerPauses(t *testing.T) {
	t.Parallel()
	for sent, status := range map[int]int{3: 424, 200000: 200} {
		t.Run(strconv.Itoa(sent), func(t *testing.T) {
			t.Parallel()
			b := setup(t, proxy.Options{})
			b.set(func(e *proxy.Endpoint) { e.Limits.Time = 300 * time.Millisecond }, variant("a", 1, one(b.container("", func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // only then does it learn that nobody waits
				w.Header().Set("Content-Length", strconv.Itoa(sent+1))
				_, _ = io.WriteString(w, strings.Repeat("x", sent))
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			}))))
			resp := b.post("/invocations", "1")
			body, err := io.ReadAll(resp.Body)
			if resp.StatusCode != status || (err == nil) != (status == 424) || status == 424 && !strings.Contains(string(body), "timed out") {
				t.Errorf("%d %.200s, %v", resp.StatusCode, body, err)
			}
		})
	}
}

// Host-9: a request that was counted before the measures were collected, and failed
// after that, is not lost.
func TestFailedBetween(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	entered, leave := make(chan bool), make(chan bool)
	b.set(nil, variant("a", 1, one(b.container("", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(entered)
		<-leave
		http.Error(w, "no", 500)
	}))))
	var done sync.WaitGroup
	done.Go(func() { _, _ = b.invoke(nil) })
	<-entered
	if m := b.collect()["a"]; m.Invocations != 1 || m.ModelErrors != 0 {
		t.Errorf("before: %+v", m)
	}
	close(leave)
	done.Wait()
	if m := b.collect()["a"]; m.Invocations != 0 || m.ModelErrors != 1 || m.Errors5XX != 1 {
		t.Errorf("after: %+v", m)
	}
}

// Host-9: requests that find no room are counted as that alone, and copies are the
// shadow's.
func TestMeasuresOfOthers(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	entered, leave := make(chan bool), make(chan bool)
	copied := make(chan bool, 2)
	b.set(func(e *proxy.Endpoint) {
		e.Limits.Queue = 1
		e.Shadow = []*proxy.Variant{variant("s", 1, one(b.container("", func(http.ResponseWriter, *http.Request) { copied <- true })))}
	}, variant("a", 1, one(b.container("", func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-leave
	}))))
	var done sync.WaitGroup
	done.Go(func() {
		if _, err := b.invoke(nil); err != nil {
			t.Error(err)
		}
	})
	<-entered
	<-copied
	_, err := b.invoke(nil)
	var e interface{ ErrorCode() string }
	if !errors.As(err, &e) || e.ErrorCode() != "ThrottlingException" {
		t.Errorf("%v", err)
	}
	close(leave)
	done.Wait()
	b.Close()
	all := b.collect()
	if m := all["a"]; m.Invocations != 2 || m.Throttled != 1 || m.ModelErrors != 0 || m.Copies != 0 {
		t.Errorf("%+v", m)
	}
	if m := all["s"]; m.Invocations != 0 || m.Copies != 2 {
		t.Errorf("%+v", m)
	}
}
