package edge

import (
	"bufio"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestIsAWS(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"amazonaws.com": true, "sts.amazonaws.com:443": true, "STS.AmazonAWS.com.": true, "b.s3.cn-north-1.amazonaws.com.cn": true,
		"x.api.aws": true, "y.aws.dev": true,
		"api.aws.example": false, "notamazonaws.com": false, "amazonaws.com.evil.org": false, "pypi.org": false, "": false, "aws": false, "[::1]:443": false,
	} {
		if got := IsAWS(host); got != want {
			t.Errorf("IsAWS(%q) = %t", host, got)
		}
	}
}

func TestMergeBundlesSkipsOurOwn(t *testing.T) {
	t.Parallel()
	cert := func(s string) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte(s)})
	}
	system := append(append(cert("a"), "remark\n"...), append(cert("b"), cert("a")...)...)
	first := mergeBundles([]byte("own"), system)
	want := bundleHeader + string(cert("a")) + string(cert("b")) + string(cert("own"))
	if string(first) != want {
		t.Errorf("got %s", first)
	}
	// A server started in a shell that was set up for another one.
	if again := mergeBundles([]byte("own2"), system, first); strings.Contains(string(again), string(cert("own"))) {
		t.Errorf("another server's authority crept in: %s", again)
	}
}

// A tunnel goes through the proxy that the server's environment names.
func TestUpstreamProxy(t *testing.T) {
	t.Parallel()
	var asked string
	company := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.Host + " " + r.Header.Get("Proxy-Authorization")
		if r.Host == "forbidden.example:443" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\nhello from afar")
		c.Close()
	}))
	t.Cleanup(company.Close)
	u := newUpstream(func(string) bool { return false })
	u.proxyFor = func(*url.URL) (*url.URL, error) {
		return &url.URL{Scheme: "http", Host: company.Listener.Addr().String(), User: url.UserPassword("me", "pw")}, nil
	}
	c, err := u.dial(t.Context(), "afar.example:443")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if said, err := io.ReadAll(c); err != nil || string(said) != "hello from afar" {
		t.Errorf("got %q, %v", said, err)
	}
	if want := "CONNECT afar.example:443 Basic bWU6cHc="; asked != want {
		t.Errorf("asked %q, want %q", asked, want)
	}
	if _, err := u.dial(t.Context(), "forbidden.example:443"); err == nil || !strings.Contains(err.Error(), "403") || strings.Contains(err.Error(), "pw") {
		t.Errorf("refused: %v, want the status and no password", err)
	}
}

// FuzzToOrigin: whatever was asked for in proxy form, the handler sees a path,
// and exactly the bytes that the client sent.
func FuzzToOrigin(f *testing.F) {
	for _, s := range []string{"http://h/a%2Fb?c", "http://h", "http://h?q", "http://u:p@h:80//x", "http://h/?a=b://c", "http://[::1]:1/%00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, target string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n")))
		if err != nil || r.URL.Host == "" {
			return // no request in proxy form, which is what the law is about
		}
		out := toOrigin(r)
		if !strings.HasPrefix(out.RequestURI, "/") || out.URL.Host != "" || out.URL.Scheme != "" {
			t.Fatalf("%q became %q %v", target, out.RequestURI, out.URL)
		}
		if tail := strings.TrimPrefix(out.RequestURI, "/"); !strings.HasSuffix(r.RequestURI, tail) {
			t.Fatalf("%q became %q", target, out.RequestURI)
		}
	})
}

func TestIsSelf(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newListener(inner, nil, nil, s.options.Logger)
	defer l.Close()
	s.listeners = append(s.listeners, l)
	_, port, _ := net.SplitHostPort(inner.Addr().String())
	for hostport, want := range map[string]bool{
		"127.0.0.1:" + port: true, "localhost:" + port: true, "[::1]:" + port: true,
		"127.0.0.1:1": false, "example.com:" + port: false, "localhost": false,
	} {
		if got := s.isSelf(hostport); got != want {
			t.Errorf("isSelf(%q) = %t", hostport, got)
		}
	}
}
