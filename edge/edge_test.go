package edge_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/edge"
	"github.com/sagebrush/sagebrush/internal/datadir"
)

// bundle is a running server with a client that trusts its authority.
type bundle struct {
	addr   string // host:port
	dir    datadir.Dir
	roots  *x509.CertPool
	server *edge.Server
}

// setup serves a handler that tells what it saw of the request.
func setup(t *testing.T, wrap func(net.Listener) net.Listener) *bundle {
	t.Helper()
	dir := datadir.Dir(t.TempDir())
	ca, err := edge.LoadAuthority(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(dir.CACert())
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{dir: dir, roots: x509.NewCertPool()}
	if !b.roots.AppendCertsFromPEM(pem) {
		t.Fatal("ca.pem holds no certificate")
	}
	saw := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s tls=%t absolute=%t", r.Method, r.Host, r.RequestURI, r.TLS != nil, r.URL.Host != "")
	})
	b.server = edge.New(edge.Options{Handler: saw, Authority: ca})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.addr = l.Addr().String()
	if wrap != nil {
		l = wrap(l)
	}
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.server.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return b
}

// client uses the server as its proxy when proxied.
func (b *bundle) client(t *testing.T, proxied bool, roots *x509.CertPool) *http.Client {
	t.Helper()
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	if proxied {
		tr.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: b.addr})
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 10 * time.Second}
}

func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestOnePortTakesEverything(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	_, port, _ := net.SplitHostPort(b.addr)
	for _, c := range []struct {
		name, url, want string
		proxied         bool
	}{
		{"plain", "http://" + b.addr + "/a%2Fb", "GET " + b.addr + " /a%2Fb tls=false absolute=false", false},
		{"TLS by address", "https://" + b.addr + "/x", "GET " + b.addr + " /x tls=true absolute=false", false},
		{"TLS by name", "https://localhost:" + port + "/x", "GET localhost:" + port + " /x tls=true absolute=false", false},
		{"pinned host", "https://sts.us-east-1.amazonaws.com/", "GET sts.us-east-1.amazonaws.com / tls=true absolute=false", true},
		{"bucket with dots", "https://a.b.s3.eu-west-1.amazonaws.com/k?x=%20", "GET a.b.s3.eu-west-1.amazonaws.com /k?x=%20 tls=true absolute=false", true},
		{"China", "https://api.sagemaker.cn-north-1.amazonaws.com.cn/", "GET api.sagemaker.cn-north-1.amazonaws.com.cn / tls=true absolute=false", true},
		{"api.aws", "https://ecr.us-east-1.api.aws/", "GET ecr.us-east-1.api.aws / tls=true absolute=false", true},
		{"plain proxy", "http://logs.us-east-1.amazonaws.com/a%2Fb//c?d", "GET logs.us-east-1.amazonaws.com /a%2Fb//c?d tls=false absolute=false", true},
		{"plain proxy, no path", "http://logs.us-east-1.amazonaws.com?d", "GET logs.us-east-1.amazonaws.com /?d tls=false absolute=false", true},
		{"proxy to ourselves", "https://" + b.addr + "/x", "GET " + b.addr + " /x tls=true absolute=false", true},
		{"plain proxy to ourselves", "http://" + b.addr + "/x", "GET " + b.addr + " /x tls=false absolute=false", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			status, body := get(t, b.client(t, c.proxied, b.roots), c.url)
			if status != 200 || body != c.want {
				t.Errorf("got %d %q\nwant 200 %q", status, body, c.want)
			}
		})
	}
}

func TestOtherHostsAreTunnelled(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, other := range []*httptest.Server{
		httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "other "+r.Host) })),
		httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "other "+r.Host) })),
	} {
		t.Cleanup(other.Close)
		roots := x509.NewCertPool()
		if other.Certificate() != nil {
			roots.AddCert(other.Certificate())
		}
		status, body := get(t, b.client(t, true, roots), other.URL+"/x")
		if want := "other " + other.Listener.Addr().String(); status != 200 || body != want {
			t.Errorf("got %d %q, want %q", status, body, want)
		}
	}
}

// elsewhere makes a listener claim an address that other machines can reach.
type elsewhere struct{ net.Listener }

func (elsewhere) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero, Port: 4600} }

func TestNoOpenRelay(t *testing.T) {
	t.Parallel()
	b := setup(t, func(l net.Listener) net.Listener { return elsewhere{l} })
	reached := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the request was passed on") }))
	t.Cleanup(reached.Close)
	if status, body := get(t, b.client(t, true, nil), reached.URL); status != http.StatusForbidden || !strings.Contains(body, "loopback") {
		t.Errorf("plain: got %d %q, want 403 with the reason", status, body)
	}
	c := dial(t, b.addr)
	fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: x\r\n\r\n", reached.Listener.Addr())
	if line := readLine(t, c); !strings.Contains(line, "403") {
		t.Errorf("CONNECT: got %q, want 403", line)
	}
	if status, _ := get(t, b.client(t, true, b.roots), "https://sts.amazonaws.com/"); status != 200 {
		t.Errorf("AWS's hosts stay ours: got %d", status)
	}
}

func TestTunnelClosesHalves(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { echo.Close() })
	go func() {
		c, err := echo.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		said, _ := io.ReadAll(c) // until the client's half is closed
		fmt.Fprintf(c, "heard %d bytes", len(said))
	}()
	c := dial(t, b.addr)
	// What follows the request at once must not get lost.
	fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: x\r\n\r\nhello", echo.Addr())
	if line := readLine(t, c); !strings.Contains(line, "200") {
		t.Fatalf("got %q", line)
	}
	readLine(t, c)
	fmt.Fprint(c, " world")
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(c); err != nil || string(answer) != "heard 11 bytes" {
		t.Errorf("got %q, %v", answer, err)
	}
}

func TestUnreachableHost(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	c := dial(t, b.addr)
	fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: x\r\n\r\n", gone.Addr())
	if line := readLine(t, c); !strings.Contains(line, "502") {
		t.Errorf("got %q, want 502", line)
	}
}

// Shutdown (in setup's clean-up) must neither wait for a silent connection nor
// for an open tunnel.
func TestShutdownEndsIdleConnections(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	dial(t, b.addr)
	b2 := setup(t, nil)
	c := dial(t, b.addr)
	fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: x\r\n\r\n", b2.addr)
	if line := readLine(t, c); !strings.Contains(line, "200") {
		t.Fatalf("got %q", line)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := b.server.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if rest, err := io.ReadAll(c); err != nil || string(rest) != "\r\n" {
		t.Errorf("the tunnel was not closed: %q, %v", rest, err)
	}
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

// readLine reads byte by byte, so that nothing after the line is taken.
func readLine(t *testing.T, c net.Conn) string {
	t.Helper()
	line, err := bufio.NewReaderSize(oneByte{c}, 16).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:1]) }
