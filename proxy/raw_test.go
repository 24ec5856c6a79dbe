package proxy_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	v2aws "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime/types"

	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/proxy"
)

// post sends a signed request of which everything is seen; header is in pairs. It
// returns as soon as the answer's head is there.
func (b *bench) post(path, body string, header ...string) *http.Response {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, b.url+"/endpoints/"+name+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	sum := sha256.Sum256([]byte(body))
	sigv4.Sign(r, sigv4.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret"}, "sagemaker", region, hex.EncodeToString(sum[:]), time.Now())
	transport := &http.Transport{}
	b.Cleanup(transport.CloseIdleConnections)
	resp, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { resp.Body.Close() })
	return resp
}

// scripted answers request number k of connection number n, both from 0, with what
// say returns, and closes the connection unless it is kept. requests counts all.
func (b *bench) scripted(hostname string, say func(n, k int) (answer string, keep bool)) (c proxy.Container, requests *atomic.Int64) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	requests = new(atomic.Int64)
	serve := func(conn net.Conn, n int) {
		defer conn.Close()
		in := bufio.NewReader(conn)
		for k := 0; ; k++ {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			requests.Add(1)
			answer, keep := say(n, k)
			if _, err := io.WriteString(conn, answer); err != nil || !keep {
				return
			}
		}
	}
	go func() {
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn, n)
		}
	}()
	return at(hostname, l.Addr().String()), requests
}

const hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

// A request goes out once more only when a kept connection ended without a byte of
// an answer: then the container has closed it for being idle. Whatever else breaks
// is an error, because the container may have done its work (InvokeEndpoint-2).
func TestSentAgain(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		last string // what comes of the second request of a connection, before it is closed
		good bool
		more int64 // requests that the container gets for that one
	}{
		"nothing": {"", true, 2},
		"a byte":  {"H", false, 1},
		"half":    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", false, 1},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b := setup(t, proxy.Options{})
			var broke atomic.Bool
			container, requests := b.scripted("", func(_, k int) (string, bool) {
				if k == 0 {
					return hello, true
				}
				broke.Store(true)
				return c.last, false
			})
			b.set(nil, variant("a", 1, one(container)))
			for range 100 { // a connection is kept for a moment only, and the machine may be slow
				before := requests.Load()
				out, err := b.invoke(nil)
				if !broke.Load() {
					if err != nil {
						t.Fatal(err)
					}
					continue
				}
				if c.good != (err == nil && string(out.Body) == "hello") {
					t.Errorf("%v", err)
				}
				if got := requests.Load() - before; got != c.more {
					t.Errorf("%d requests, want %d", got, c.more)
				}
				return
			}
			t.Error("no connection was kept")
		})
	}
}

// A container that ends a new connection without an answer has got the request, and
// does not get it again.
func TestNotSentAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	container, requests := b.scripted("", func(int, int) (string, bool) { return "", false })
	b.set(nil, variant("a", 1, one(container), one(container)))
	_, err := b.invoke(nil)
	var e *types.ModelError
	if !errors.As(err, &e) || requests.Load() != 1 || !strings.Contains(v2aws.ToString(e.OriginalMessage), "closed the connection before") {
		t.Errorf("%v after %d requests", err, requests.Load())
	}
}

// A connection that the container wants to end gets no second request, even where it
// stays open.
func TestNotKept(t *testing.T) {
	t.Parallel()
	for what, answer := range map[string]string{
		"close":    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
		"old":      "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"too long": hello + " and more",
	} {
		b := setup(t, proxy.Options{})
		c, requests := b.scripted("", func(_, k int) (string, bool) {
			if k > 0 {
				t.Errorf("%s: another request on the connection", what)
			}
			return answer, true
		})
		b.set(nil, variant("a", 1, one(c)))
		for range 5 {
			if out, err := b.invoke(nil); err != nil || string(out.Body) != "hello" {
				t.Errorf("%s: %v, %v", what, out, err)
			}
		}
		if requests.Load() != 5 {
			t.Errorf("%s: %d requests", what, requests.Load())
		}
	}
}

// An instance that refused a connection is not asked for a second, while another
// answers.
func TestAvoided(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	var dials atomic.Int64
	dead := proxy.Container{Dial: func(context.Context) (net.Conn, error) {
		dials.Add(1)
		return nil, syscall.ECONNREFUSED
	}}
	c, _ := b.scripted("", func(int, int) (string, bool) { return hello, true })
	b.set(nil, variant("a", 1, one(dead), one(c)))
	begun := time.Now()
	for range 50 {
		if _, err := b.invoke(nil); err != nil {
			t.Fatal(err)
		}
	}
	if most := 1 + int64(time.Since(begun)/time.Second); dials.Load() > most {
		t.Errorf("it was asked %d times, at most %d would do", dials.Load(), most)
	}
}

// watched dials a container of which one connection is wanted; gone is closed when the
// proxy has closed that.
func watched(b *bench, gone chan bool, h http.HandlerFunc) func(ctx context.Context) (net.Conn, error) {
	dial := b.container("", h).Dial
	return func(ctx context.Context) (net.Conn, error) {
		c, err := dial(ctx)
		return &watchedConn{Conn: c, gone: gone}, err
	}
}

type watchedConn struct {
	net.Conn
	once sync.Once
	gone chan bool
}

func (c *watchedConn) Close() error {
	c.once.Do(func() { close(c.gone) })
	return c.Conn.Close()
}

// refusing takes no connections.
func (b *bench) refusing(hostname string) proxy.Container {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	l.Close()
	return at(hostname, l.Addr().String())
}

// InvokeEndpoint-2: where all instances refuse connections it is ServiceUnavailable;
// a pipeline whose second container refuses is passed over as a whole.
func TestAllRefuse(t *testing.T) {
	t.Parallel()
	b := setup(t, proxy.Options{})
	i := proxy.NewInstance("0", "", b.refusing(""))
	b.set(nil, &proxy.Variant{Name: "a", Weight: 1, Instances: []*proxy.Instance{i, proxy.NewInstance("1", "", b.refusing(""))}})
	_, err := b.invoke(nil)
	b.refused(err, "ServiceUnavailable", "No instance of variant a of endpoint shop accepts connections")
	if i.Outstanding() != 0 {
		t.Errorf("%d requests are outstanding", i.Outstanding())
	}

	first, asked := b.scripted("first", func(int, int) (string, bool) { return hello, true })
	second, _ := b.scripted("second", func(int, int) (string, bool) { return hello, true })
	broken := proxy.NewInstance("0", "", first, b.refusing("second"))
	v := &proxy.Variant{Name: "a", Weight: 1, Mode: proxy.Serial, Instances: []*proxy.Instance{broken, proxy.NewInstance("1", "", first, second)}}
	b.set(nil, v)
	for range 10 {
		if out, err := b.invoke(nil); err != nil || string(out.Body) != "hello" {
			t.Fatal(err)
		}
	}
	if asked.Load() < 10 {
		t.Errorf("the first container was asked %d times", asked.Load())
	}
}

// await waits for a condition that nothing announces.
func await(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); {
		if time.Now().After(end) {
			t.Fatal("it never holds")
		}
		time.Sleep(time.Millisecond)
	}
}
