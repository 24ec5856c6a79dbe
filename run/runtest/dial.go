package runtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/sagebrush/sagebrush/run"
)

// model is a program that serves on a port that it chooses, and says which.
func (b *bench) model(id, address string, fake ...string) run.Spec {
	b.Helper()
	if b.can.Commands {
		b.needTool()
	}
	s := b.spec(id, "OWN=$(hostname); exec $T serve "+address, append([]string{"FAKE_SERVE=1", "FAKE_LOG=port 8080"}, fake...)...)
	s.Env["T"] = strings.Join(b.can.Tool, " ")
	return s
}

// port waits until a program has said on which it listens.
func (b *bench) port(s run.Spec) (port int) {
	b.Helper()
	b.eventually("the program to listen", func() bool {
		for _, l := range b.lines(s) {
			if _, err := fmt.Sscanf(l, "port %d", &port); err == nil {
				return true
			}
		}
		return false
	})
	return port
}

// client speaks HTTP with a port of a program.
func (b *bench) client(p run.Process, port int) *http.Client {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return p.Dial(ctx, port) }, MaxIdleConnsPerHost: 64}
	b.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// echo sends a body to the program and looks whether it comes back.
func (b *bench) echo(c *http.Client, body []byte) error {
	request, err := http.NewRequestWithContext(b.ctx, http.MethodPost, "http://model/invocations", bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := c.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err == nil && (answer.StatusCode != http.StatusOK || !bytes.Equal(got, body)) {
		err = fmt.Errorf("status %d, %d bytes for %d", answer.StatusCode, len(got), len(body))
	}
	return err
}

// dialServer: InvokeEndpoint, a program that serves is reached from the moment it
// listens, and until then is said not to; also by a server that came back, and by
// many connections at once.
func dialServer(b *bench) {
	s := b.model("x", "127.0.0.1:0", "FAKE_SERVE_AFTER=0.05")
	p := b.start(s)
	port := b.port(s)
	b.eventually("the program to answer", func() bool {
		conn, err := p.Dial(b.ctx, port)
		if err == nil {
			conn.Close()
		} else if !errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, run.ErrEnded) || errors.Is(err, run.ErrLost) {
			b.Fatalf("before it listens: %v", err)
		}
		return err == nil
	})
	again, err := b.Again().Attach(b.ctx, p.Handle())
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range []run.Process{p, again} {
		c := b.client(p, port)
		var all sync.WaitGroup
		for i := range 64 {
			all.Go(func() {
				if err := b.echo(c, fmt.Appendf(nil, "request %d", i)); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
	}
	for _, none := range []int{0, -1, 65536} {
		if conn, err := p.Dial(b.ctx, none); err == nil || errors.Is(err, syscall.ECONNREFUSED) {
			b.Errorf("port %d: %v, %v", none, conn, err)
		}
	}
	ended, cancel := context.WithCancel(b.ctx)
	cancel()
	if conn, err := p.Dial(ended, port); err == nil {
		conn.Close() // may have been made all the same
	} else if !errors.Is(err, context.Canceled) {
		b.Errorf("when ctx has ended: %v", err)
	}
}

// dialLarge: InvokeEndpoint, bodies of any size pass both ways at once.
func dialLarge(b *bench) {
	s := b.model("x", "127.0.0.1:0")
	p := b.start(s)
	c := b.client(p, b.port(s))
	body := make([]byte, 24<<20)
	random := rand.NewChaCha8([32]byte{})
	random.Read(body)
	b.eventually("the program to answer", func() bool { return b.echo(c, nil) == nil })
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if err := b.echo(c, body); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
}

// dialEnds: a connection breaks with the program, which is then told to have
// ended; a port on which nobody listens is told apart from that.
func dialEnds(b *bench) {
	s := b.model("x", "127.0.0.1:0")
	p := b.start(s)
	port := b.port(s)
	var conn net.Conn
	b.eventually("a connection", func() (ok bool) {
		var err error
		conn, err = p.Dial(b.ctx, port)
		return err == nil
	})
	defer conn.Close()
	if _, err := p.Dial(b.ctx, 1); !errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, run.ErrEnded) {
		b.Errorf("nobody listens: %v", err)
	}
	if err := p.Stop(b.ctx, 0); err != nil {
		b.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(time.Minute))
	if n, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) || n > 0 {
		b.Errorf("after its end the connection reads %d, %v", n, err)
	}
	b.wait(p)
	again, err := b.Again().Attach(b.ctx, p.Handle())
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range []run.Process{p, again} {
		if _, err := p.Dial(b.ctx, port); !errors.Is(err, run.ErrEnded) || errors.Is(err, syscall.ECONNREFUSED) {
			b.Errorf("after its end: %v", err)
		}
	}
	if err := b.Runner.Remove(b.ctx, p.Handle()); err != nil {
		b.Fatal(err)
	}
	if _, err := p.Dial(b.ctx, port); !errors.Is(err, run.ErrLost) && !errors.Is(err, run.ErrEnded) {
		b.Errorf("after it was removed: %v", err)
	}
}
