package harness_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// answers serves each framing that a server may choose.
func answers(t *testing.T) (addr string, served *atomic.Int64) {
	served = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		switch r.URL.Path {
		case "/length":
			fmt.Fprint(w, "hello")
		case "/chunked":
			fmt.Fprint(w, "hel")
			w.(http.Flusher).Flush()
			fmt.Fprint(w, "lo")
		case "/close":
			w.Header().Set("Connection", "close")
			fmt.Fprint(w, "hello")
		case "/echo":
			_, _ = io.Copy(w, r.Body)
		case "/refuse":
			http.Error(w, "no", http.StatusBadRequest)
		}
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), served
}

func request(t *testing.T, addr, path, body string) harness.Signed {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+addr+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := harness.Bytes(r)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestConnReadsEveryFraming(t *testing.T) {
	t.Parallel()
	addr, _ := answers(t)
	c, err := harness.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { c.Close() }()
	for range 2 {
		for _, path := range []string{"/length", "/chunked", "/close", "/echo"} {
			status, body, err := c.RoundTrip(request(t, addr, path, "hello"), nil)
			if err != nil || status != 200 || string(body) != "hello" {
				t.Fatalf("%s: %d %q %v", path, status, body, err)
			}
		}
	}
	var sink bytes.Buffer
	if _, _, err := c.RoundTrip(request(t, addr, "/length", ""), &sink); err != nil || sink.String() != "hello" {
		t.Errorf("%q %v", sink.String(), err)
	}
}

func TestClosedSendsEveryRequestOnce(t *testing.T) {
	t.Parallel()
	addr, served := answers(t)
	requests := slices.Repeat([]harness.Signed{request(t, addr, "/length", ""), request(t, addr, "/refuse", "")}, 250)
	l, err := harness.Closed(t.Context(), addr, 8, harness.Once(requests), time.Minute)
	if err != nil || l.N != 250 || l.Failed != 250 || served.Load() != 500 || !strings.Contains(l.FirstFailure, "status 400: no") {
		t.Errorf("%+v %v, served %d", l, err, served.Load())
	}
	if _, err := harness.Clean(l, nil); err == nil {
		t.Error("refusals count as clean")
	}
}

func TestOpenKeepsTheRate(t *testing.T) {
	t.Parallel()
	addr, _ := answers(t)
	l, err := harness.Open(t.Context(), addr, 4, harness.Cycle([]harness.Signed{request(t, addr, "/length", "")}), 500*time.Millisecond, 200)
	if err != nil || l.N < 95 || l.N > 105 || l.P99 < l.P50 || l.Max < l.P99 {
		t.Errorf("%+v %v", l, err)
	}
}
