package http1_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/wire/http1"
)

// A client that hangs up ends the request's context, and one that only sends its
// next request early does not, nor is that lost.
func TestHangUp(t *testing.T) {
	t.Parallel()
	ended, begun, goOn := make(chan error, 1), make(chan struct{}), make(chan struct{})
	s := serve(t, http1.Options{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		begun <- struct{}{}
		select {
		case <-r.Context().Done():
			ended <- r.Context().Err()
		case <-goOn:
			fmt.Fprintf(w, "answer to %s", body)
		}
	})})
	c, r := dial(t, s.addr)
	fmt.Fprint(c, post("/fast/x", "0"))
	for i := range 3 {
		<-begun
		time.Sleep(20 * time.Millisecond) // so that the client is watched by now
		fmt.Fprint(c, post("/fast/x", fmt.Sprint(i+1)))
		goOn <- struct{}{}
		if got := answered(r); !strings.Contains(got, fmt.Sprint("answer to ", i)) {
			t.Fatalf("answered %s", got)
		}
	}
	<-begun
	c.Close()
	if err := <-ended; err != context.Canceled {
		t.Errorf("%v", err)
	}
}

// Slow clients are cut as everywhere; each limit is its own.
func TestSlow(t *testing.T) {
	t.Parallel()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		_, err := io.ReadAll(r.Body)
		var timeout net.Error
		fmt.Fprint(w, "in time: ", err == nil)
		if err != nil {
			timeout, _ = err.(net.Error)
			fmt.Fprint(w, " timeout: ", timeout != nil && timeout.Timeout())
		}
	})
	for _, slow := range []struct {
		what, text string
		o          http1.Options
	}{
		{"silent", "", http1.Options{IdleTime: 50 * time.Millisecond}},
		{"half a head", "POST /fast/x HTTP/1.1\r\nHost: x\r\n", http1.Options{HeadTime: 50 * time.Millisecond}},
	} {
		slow.o.Handler = h
		s := serve(t, slow.o)
		for _, before := range []bool{false, true} {
			c, r := dial(t, s.addr)
			if before {
				fmt.Fprint(c, post("/fast/x", "whole"))
				if got := answered(r); !strings.Contains(got, "in time: true") {
					t.Error(got)
				}
			}
			fmt.Fprint(c, slow.text)
			if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
				t.Errorf("%s: %q, %v", slow.what, rest, err)
			}
		}
	}
	s := serve(t, http1.Options{Handler: h})
	c, r := dial(t, s.addr)
	fmt.Fprint(c, post("/fast/x", "whole"))
	if got := answered(r); !strings.Contains(got, "in time: true") {
		t.Error(got)
	}
	fmt.Fprint(c, "POST /fast/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel")
	if got := answered(r); !strings.Contains(got, "in time: false timeout: true") || !strings.Contains(got, "close=true") {
		t.Error(got)
	}
}

// A stop ends what is idle at once, heads after a moment, and waits for requests,
// whose answers say that the connection ends.
func TestShutdown(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan struct{}), make(chan struct{})
	s := serve(t, http1.Options{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "wait") {
			close(begun)
			<-goOn
		}
	})})
	idle, idleReader := dial(t, s.addr)
	fmt.Fprint(idle, post("/fast/x", ""))
	if got := answered(idleReader); !strings.Contains(got, "200 OK") {
		t.Fatal(got)
	}
	half, halfReader := dial(t, s.addr)
	fmt.Fprint(half, "POST /fast/x HT")
	waits, waitsReader := dial(t, s.addr)
	fmt.Fprint(waits, post("/fast/wait", ""))
	<-begun
	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(t.Context()) }()
	for what, r := range map[string]io.Reader{"idle": idleReader, "half a head": halfReader} {
		if rest, err := io.ReadAll(r); len(rest) > 0 || err != nil && clean(err) != "cut" {
			t.Errorf("%s: %q, %v", what, rest, err)
		}
	}
	select {
	case err := <-stopped:
		t.Fatalf("did not wait: %v", err)
	default:
	}
	close(goOn)
	if got := answered(waitsReader); !strings.Contains(got, "200 OK") || !strings.Contains(got, "close=true") {
		t.Error(got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if _, passed := s.Serve(waits, nil); passed {
		t.Error("it serves after its end")
	}
}

// A stop that must not wait any longer cuts requests.
func TestShutdownCuts(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	s := serve(t, http1.Options{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	})})
	c, r := dial(t, s.addr)
	fmt.Fprint(c, post("/fast/x", ""))
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); err == nil {
		t.Error("it says that nothing was cut")
	}
	if got := answered(r); got != "error: cut" {
		t.Error(got)
	}
}
