//go:build linux

package process_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/process"
)

// BenchmarkDial is how long a connection takes to be made, beside one that the
// machine makes to itself.
func BenchmarkDial(b *testing.B) {
	each(b, func(b *testing.B, dial func(context.Context) (net.Conn, error)) {
		for b.Loop() {
			conn, err := dial(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			conn.(*net.TCPConn).SetLinger(0) // no thousands of ports that wait
			conn.Close()
		}
	})
}

// BenchmarkRequests is requests over one connection that is kept.
func BenchmarkRequests(b *testing.B) {
	each(b, func(b *testing.B, dial func(context.Context) (net.Conn, error)) {
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) }}
		defer transport.CloseIdleConnections()
		client := http.Client{Transport: transport}
		for b.Loop() {
			answer, err := client.Get("http://model/ping")
			if err != nil {
				b.Fatal(err)
			}
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
	})
}

// each runs a benchmark with both ways to connect, each to a process of its own.
func each(b *testing.B, measure func(b *testing.B, dial func(context.Context) (net.Conn, error))) {
	b.Run("Dial", func(b *testing.B) {
		p, port, _ := model(b, benchRunner(b), "serve 127.0.0.1:0")
		measure(b, func(ctx context.Context) (net.Conn, error) { return p.Dial(ctx, port) })
	})
	b.Run("direct", func(b *testing.B) {
		// A program on the machine's own network, so that both are processes.
		_, port, _ := modelOn(b, benchRunner(b), "serve 127.0.0.1:0", run.Network{})
		measure(b, func(ctx context.Context) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		})
	})
}

func benchRunner(b *testing.B) run.Runner {
	r, err := process.New(b.TempDir(), self, nil)
	if err != nil {
		b.Fatal(err)
	}
	return r
}
