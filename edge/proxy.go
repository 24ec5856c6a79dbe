package edge

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"
)

// proxied puts the proxy before h: requests in proxy form for AWS or for this
// server itself reach h like any other, the rest goes where it wants to.
func (s *Server) proxied(h http.Handler) http.Handler {
	forward := &httputil.ReverseProxy{
		// The request is already addressed to its destination.
		Rewrite:      func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host },
		Transport:    s.upstream.transport,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) { s.unreachable(w, r.URL.Host, err) },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodConnect:
			s.connect(w, r)
		case r.URL.Host == "": // origin form: not a proxy request
			h.ServeHTTP(w, r)
		case IsAWS(r.URL.Host) || s.isSelf(withPort(r.URL.Host, "80")):
			h.ServeHTTP(w, toOrigin(r))
		case s.mayRelay(r):
			forward.ServeHTTP(w, r)
		default:
			refuseRelay(w, r.URL.Host)
		}
	})
}

// toOrigin turns "GET http://host/path" into "GET /path" with the Host kept, as
// if the client had connected to the host itself. The path stays as it was
// sent, byte for byte: it is part of the signature.
func toOrigin(r *http.Request) *http.Request {
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.URL.User = "", "", nil
	if _, rest, ok := strings.Cut(r.RequestURI, "://"); ok {
		out.RequestURI = "/"
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			out.RequestURI = rest[i:]
			if rest[i] == '?' {
				out.RequestURI = "/" + rest[i:]
			}
		}
	}
	out.Header.Del("Proxy-Connection")
	out.Header.Del("Proxy-Authorization")
	return out
}

// mayRelay says whether r may go on to a host that is not ours. Only programs
// on this machine may, and only when nobody else can even connect.
func (s *Server) mayRelay(r *http.Request) bool {
	ip := net.ParseIP(hostname(r.RemoteAddr))
	return s.onLoopback() && ip != nil && ip.IsLoopback()
}

func refuseRelay(w http.ResponseWriter, host string) {
	http.Error(w, "This proxy passes on to "+host+" only when the server listens on loopback (--listen 127.0.0.1:PORT). "+
		"Add the host to NO_PROXY to reach it directly.", http.StatusForbidden)
}

func (s *Server) unreachable(w http.ResponseWriter, host string, err error) {
	s.options.Logger.Info("the proxy could not reach a host", "host", host, "error", err)
	http.Error(w, "The proxy could not reach "+host+": "+err.Error(), http.StatusBadGateway)
}

// connect answers CONNECT: AWS's hosts and our own address are served right
// here, whatever is spoken inside; other hosts get a tunnel.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) {
	target := withPort(r.Host, "443")
	if IsAWS(target) || s.isSelf(target) {
		if c, head, ok := s.hijack(w); ok {
			s.listenerOf(r).offer(c, head)
		}
		return
	}
	if !s.mayRelay(r) {
		refuseRelay(w, target)
		return
	}
	if !s.tunnels.enter() {
		http.Error(w, "Too many tunnels are open.", http.StatusServiceUnavailable)
		return
	}
	defer s.tunnels.leave()
	out, err := s.dial(r.Context(), target)
	if err != nil {
		s.unreachable(w, target, err)
		return
	}
	defer out.Close()
	c, head, ok := s.hijack(w)
	if !ok {
		return
	}
	defer c.Close()
	s.tunnels.run(c, io.MultiReader(bytes.NewReader(head), c), out)
}

// hijack takes the connection from net/http and tells the client that what it
// says from now on is for the host it asked for. head is what it has said already.
func (s *Server) hijack(w http.ResponseWriter) (c net.Conn, head []byte, ok bool) {
	c, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "CONNECT is not possible on this connection.", http.StatusNotImplemented)
		return nil, nil, false
	}
	if n := buffered.Reader.Buffered(); n > 0 {
		head, _ = buffered.Reader.Peek(n) // cannot fail: n bytes are there
	}
	_ = c.SetDeadline(time.Now().Add(sniffTimeout)) // fails on dead connections, as Write will
	if _, err := io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		c.Close()
		return nil, nil, false
	}
	_ = c.SetDeadline(time.Time{})
	return c, head, true
}

// listenerOf is the listener that r came by.
func (s *Server) listenerOf(r *http.Request) *listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	for _, l := range s.listeners {
		if local != nil && l.Addr().String() == local.String() {
			return l
		}
	}
	return s.listeners[0]
}

// withPort adds the port where hostport has none.
func withPort(hostport, port string) string {
	if _, _, err := net.SplitHostPort(hostport); err == nil {
		return hostport
	}
	return net.JoinHostPort(strings.Trim(hostport, "[]"), port)
}
