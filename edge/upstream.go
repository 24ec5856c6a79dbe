package edge

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/http/httpproxy"
	"golang.org/x/net/proxy"
)

const dialTimeout = 20 * time.Second

// upstream reaches hosts out there, through the proxy that the server's own
// environment names, if any.
type upstream struct {
	proxyFor  func(*url.URL) (*url.URL, error)
	transport *http.Transport
	dialer    *net.Dialer
}

// newUpstream reads the environment. A proxy for which isSelf holds is this
// very server: it was started in a shell that `sagebrush env` had set up.
func newUpstream(isSelf func(hostport string) bool) upstream {
	fromEnv := httpproxy.FromEnvironment().ProxyFunc()
	proxyFor := func(u *url.URL) (*url.URL, error) {
		p, err := fromEnv(u)
		if p != nil && isSelf(withPort(p.Host, "80")) {
			return nil, nil
		}
		return p, err
	}
	dialer := &net.Dialer{Timeout: dialTimeout}
	return upstream{
		proxyFor: proxyFor,
		dialer:   dialer,
		transport: &http.Transport{
			Proxy:                 func(r *http.Request) (*url.URL, error) { return proxyFor(r.URL) },
			DialContext:           dialer.DialContext,
			ResponseHeaderTimeout: 5 * time.Minute,
			IdleConnTimeout:       time.Minute,
			MaxIdleConns:          64,
			// The answer goes on as it came.
			DisableCompression: true,
		},
	}
}

func (u upstream) close() { u.transport.CloseIdleConnections() }

// dial opens a connection to target (host:port) for a tunnel.
func (u upstream) dial(ctx context.Context, target string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	via, err := u.proxyFor(&url.URL{Scheme: "https", Host: target})
	if err != nil {
		return nil, err
	}
	if via == nil {
		return u.dialer.DialContext(ctx, "tcp", target)
	}
	switch via.Scheme {
	case "http", "https":
		return u.dialThrough(ctx, via, target)
	}
	socks, err := proxy.FromURL(via, u.dialer)
	if err != nil {
		return nil, err
	}
	if withContext, ok := socks.(proxy.ContextDialer); ok {
		return withContext.DialContext(ctx, "tcp", target)
	}
	return socks.Dial("tcp", target)
}

// dialThrough asks an HTTP proxy for the connection.
func (u upstream) dialThrough(ctx context.Context, via *url.URL, target string) (_ net.Conn, err error) {
	port := "80"
	if via.Scheme == "https" {
		port = "443"
	}
	c, err := u.dialer.DialContext(ctx, "tcp", withPort(via.Host, port))
	if err != nil {
		return nil, fmt.Errorf("the proxy %s: %w", via.Redacted(), err)
	}
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	if via.Scheme == "https" {
		c = tls.Client(c, &tls.Config{ServerName: via.Hostname()})
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: target}, Host: target, Header: http.Header{}}
	if via.User != nil {
		password, _ := via.User.Password()
		login := base64.StdEncoding.EncodeToString([]byte(via.User.Username() + ":" + password))
		request.Header.Set("Proxy-Authorization", "Basic "+login)
	}
	if err := request.Write(c); err != nil {
		return nil, err
	}
	reader := bufio.NewReader(c)
	answer, err := http.ReadResponse(reader, request)
	if err != nil {
		return nil, fmt.Errorf("the proxy %s: %w", via.Redacted(), err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the proxy %s answered %s", via.Redacted(), answer.Status)
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	if n := reader.Buffered(); n > 0 {
		head, err := reader.Peek(n)
		if err != nil {
			return nil, errors.New("the proxy's answer was cut short")
		}
		return &conn{Conn: c, head: head, release: func() {}}, nil
	}
	return c, nil
}
