package edge

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/sagebrush/sagebrush/wire/http1"
)

// Options say what stands behind the port.
type Options struct {
	// Handler answers every request that is not for the proxy to pass on.
	Handler http.Handler
	// Authority makes certificates on demand; nil offers TLS only when
	// Certificate is set, and then no AWS host can be answered over TLS.
	Authority *Authority
	// Certificate is the user's own. It serves the names it is valid for, and
	// connections that name none.
	Certificate *tls.Certificate
	// Fast says for requests of which method and path, as sent and without a query,
	// Handler needs no more than wire/http1 gives it; nil is for none.
	Fast   func(method, path string) bool
	Logger *slog.Logger
}

// Server serves one or more listeners until Shutdown.
type Server struct {
	options  Options
	http     *http.Server
	fast     *http1.Server // nil without Options.Fast
	upstream upstream
	tunnels  tunnels
	// newcomers and stopDialling are what a stop need not wait for.
	newcomers    newcomers
	dialling     context.Context
	stopDialling context.CancelFunc

	mu        sync.Mutex
	listeners []*listener
}

// New makes a server; Serve starts it.
func New(o Options) *Server {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{options: o}
	s.dialling, s.stopDialling = context.WithCancel(context.Background())
	s.upstream = newUpstream(s.isSelf)
	protocols := new(http.Protocols)
	// HTTP/1 alone: it is what AWS's own endpoints speak to SDKs, and CONNECT
	// hands over a whole connection.
	protocols.SetHTTP1(true)
	s.http = &http.Server{
		Handler:           s.proxied(o.Handler),
		Protocols:         protocols,
		ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout:       3 * time.Minute,
		// More than the handler answers: its refusal has a request id, this one none.
		MaxHeaderBytes: 256 << 10,
		ConnState:      s.newcomers.note,
		ErrorLog:       log.New(debugWriter{o.Logger}, "", 0),
	}
	if o.Fast != nil {
		s.fast = http1.New(http1.Options{Handler: s.http.Handler, Accepts: o.Fast, Logger: o.Logger,
			HeadTime: s.http.ReadHeaderTimeout, IdleTime: s.http.IdleTimeout})
	}
	return s
}

// Serve accepts connections until Shutdown, and then answers nil. It takes over l.
func (s *Server) Serve(l net.Listener) error {
	wrapped := newListener(l, s.tlsConfig(), s.fast, s.options.Logger)
	s.mu.Lock()
	s.listeners = append(s.listeners, wrapped)
	s.mu.Unlock()
	err := s.http.Serve(wrapped)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Shutdown stops accepting, waits for the requests under way until ctx ends,
// and then closes what is left, tunnels included.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.drain(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	s.tunnels.closeAll()
	s.upstream.close()
	return err
}

func (s *Server) tlsConfig() *tls.Config {
	if s.options.Authority == nil && s.options.Certificate == nil {
		return nil
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: s.certificate,
	}
}

func (s *Server) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	given := s.options.Certificate
	if s.options.Authority == nil || given != nil && (hello.ServerName == "" || covers(given, hello.ServerName)) {
		return given, nil
	}
	var ip net.IP
	if addr, ok := hello.Conn.LocalAddr().(*net.TCPAddr); ok {
		ip = addr.IP
	}
	return s.options.Authority.Certificate(hello.ServerName, ip, time.Now())
}

func covers(c *tls.Certificate, name string) bool {
	leaf := c.Leaf
	if leaf == nil {
		var err error
		if leaf, err = x509.ParseCertificate(c.Certificate[0]); err != nil {
			return false
		}
	}
	return leaf.VerifyHostname(name) == nil
}

// isSelf says whether host:port is one of this server's own ports, as far as
// its listeners' addresses tell.
func (s *Server) isSelf(hostport string) bool {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return false
	}
	host = hostname(host)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		ownHost, ownPort, err := net.SplitHostPort(l.Addr().String())
		if err != nil || port != ownPort {
			continue
		}
		ip, own := net.ParseIP(host), net.ParseIP(ownHost)
		switch {
		case host == "localhost", ip != nil && ip.IsLoopback(), host == hostname(ownHost):
			return true
		case ip != nil && own != nil && own.IsUnspecified() && isLocal(ip):
			return true
		}
	}
	return false
}

// isLocal says whether one of this machine's interfaces has the address.
func isLocal(ip net.IP) bool {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.Equal(ip) {
			return true
		}
	}
	return false
}

// onLoopback says whether every listener can be reached from this machine only.
func (s *Server) onLoopback() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		if !isLoopback(l.Addr()) {
			return false
		}
	}
	return len(s.listeners) > 0
}

// debugWriter takes net/http's own remarks, which are about clients that hang
// up or do not trust our certificate: news to nobody but who looks for it.
type debugWriter struct{ logger *slog.Logger }

func (w debugWriter) Write(p []byte) (int, error) {
	w.logger.Debug(string(p[:max(0, len(p)-1)]))
	return len(p), nil
}
