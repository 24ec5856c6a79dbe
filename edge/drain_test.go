package edge_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/edge"
	"github.com/sagebrush/sagebrush/internal/datadir"
)

// patient is far above what a stop takes, and below the five seconds that
// net/http gives connections that never said anything.
const patient = 3 * time.Second

// A stop waits for requests, not for connections: clients keep those open for as
// long as they like, in every state there is.
func TestShutdownWaitsForNoConnection(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T, c net.Conn){
		"silent":                func(*testing.T, net.Conn) {},
		"half a head":           func(_ *testing.T, c net.Conn) { fmt.Fprint(c, "GET / HT") },
		"half a handshake":      func(_ *testing.T, c net.Conn) { fmt.Fprint(c, "\x16\x03\x01") },
		"TLS without a request": func(t *testing.T, c net.Conn) { handshake(t, c) },
		"kept alive":            func(t *testing.T, c net.Conn) { ask(t, c) },
		"next head begun": func(t *testing.T, c net.Conn) {
			ask(t, c)
			fmt.Fprint(c, "GET / HT")
		},
		"to AWS through the proxy": func(t *testing.T, c net.Conn) {
			connect(t, c)
			handshake(t, c)
		},
		"to AWS through the proxy, kept alive": func(t *testing.T, c net.Conn) {
			connect(t, c)
			ask(t, handshake(t, c))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			ask(t, dial(t, b.addr)) // the server is up and has had something to do
			open(t, dial(t, b.addr))
			ctx, cancel := context.WithTimeout(t.Context(), patient)
			defer cancel()
			if err := b.server.Shutdown(ctx); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		})
	}
}

func connect(t *testing.T, c net.Conn) {
	t.Helper()
	fmt.Fprint(c, "CONNECT sts.us-east-1.amazonaws.com:443 HTTP/1.1\r\nHost: x\r\n\r\n")
	if line := readLine(t, c); !strings.Contains(line, "200") {
		t.Fatalf("got %q", line)
	}
	readLine(t, c)
}

func handshake(t *testing.T, c net.Conn) net.Conn {
	t.Helper()
	// Who it is does not matter here.
	secure := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	if err := secure.Handshake(); err != nil {
		t.Fatal(err)
	}
	return secure
}

// ask sends a request and reads the head of the answer.
func ask(t *testing.T, c net.Conn) {
	t.Helper()
	fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if line := readLine(t, c); !strings.Contains(line, "200") {
		t.Fatalf("got %q", line)
	}
}

// Requests whose head has arrived are answered, also when their body is still on
// its way when the stop begins.
func TestShutdownCutsNoRequest(t *testing.T) {
	t.Parallel()
	ca, err := edge.LoadAuthority(datadir.Dir(t.TempDir()), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	begun := make(chan struct{})
	server := edge.New(edge.Options{Authority: ca, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "got %q, %v", body, err)
	})})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	c := dial(t, l.Addr().String())
	fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhello")
	<-begun
	stopped := make(chan error, 1)
	go func() { stopped <- server.Shutdown(t.Context()) }()
	if err := <-served; err != nil { // no new connections from here on
		t.Fatal(err)
	}
	select {
	case err := <-stopped:
		t.Fatalf("the stop did not wait for the request: %v", err)
	case <-time.After(300 * time.Millisecond): // longer than heads are waited for
	}
	fmt.Fprint(c, "world")
	if answer, err := io.ReadAll(c); err != nil || !strings.HasSuffix(string(answer), `got "helloworld", <nil>`) {
		t.Errorf("answered %q, %v", answer, err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
