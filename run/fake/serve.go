package fake

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/sagebrush/sagebrush/run"
)

// Dial implements run.Process: a connection in memory to a program with FAKE_SERVE.
func (p *program) Dial(ctx context.Context, _ int) (net.Conn, error) {
	if p.env["FAKE_SERVE"] != "1" {
		select {
		case <-p.done:
			return nil, run.ErrEnded
		default:
			return nil, syscall.ECONNREFUSED
		}
	}
	ours, theirs := net.Pipe()
	select {
	case p.calls <- theirs:
		return ours, nil
	case <-p.done:
		return nil, run.ErrEnded
	case <-p.lost:
		return nil, run.ErrEnded
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serve answers HTTP until the program ends.
func (p *program) serve() {
	server := &http.Server{Handler: p}
	go func() {
		select {
		case <-p.done:
		case <-p.lost:
		}
		_ = server.Close()
	}()
	_ = server.Serve(&calls{p})
}

// ServeHTTP answers as the variables say.
func (p *program) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := func(name string) int {
		n, err := strconv.Atoi(p.env[name])
		if err != nil {
			return http.StatusOK
		}
		return n
	}
	if r.URL.Path == "/ping" {
		w.WriteHeader(status("FAKE_PING"))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if answer, ok := p.env["FAKE_ANSWER"]; ok {
		body = []byte(answer)
	}
	select {
	case <-time.After(duration(p.env["FAKE_LATENCY"])):
	case <-r.Context().Done():
		return
	}
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	w.WriteHeader(status("FAKE_STATUS"))
	_, _ = w.Write(body)
}

// calls is the listener on which Dial calls.
type calls struct{ p *program }

// Accept implements net.Listener.
func (c *calls) Accept() (net.Conn, error) {
	select {
	case conn := <-c.p.calls:
		return conn, nil
	case <-c.p.done:
		return nil, net.ErrClosed
	case <-c.p.lost:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (c *calls) Close() error { return nil }

// Addr implements net.Listener.
func (c *calls) Addr() net.Addr { return &net.UnixAddr{Name: "fake", Net: "unix"} }
