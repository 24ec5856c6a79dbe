package runtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/sagebrush/sagebrush/run"
)

// dialPort is where the programs of these tests listen.
const dialPort = 8080

// dialed: Host-1, whoever holds a program reaches the port that it listens on, in
// every kind of network, also after it was found again; and learns that it ended.
func dialed(b *bench) {
	b.needTool()
	networks := map[string]run.Network{
		"own": {ID: b.Name() + "/own", Hosts: []string{"container-1"}},
	}
	if b.Runner.Traits().Isolation {
		networks["isolated"] = run.Network{ID: b.Name() + "/isolated", Hosts: []string{"container-1"}, Isolated: true}
	}
	if !b.Runner.Traits().OwnPorts {
		delete(networks, "own") // this machine's ports are not ours to take
	}
	for name, n := range networks {
		s := b.spec(name, fmt.Sprintf("$T listen 0.0.0.0:%d", dialPort))
		s.Hostname, s.Network = "container-1", n
		s.Env["T"] = strings.Join(b.can.Tool, " ")
		p, err := b.Runner.Start(b.ctx, s)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { b.Runner.Remove(b.ctx, p.Handle()) })
		b.until(s, "listening")
		b.exchange(p, 10)
		again, err := b.Runner.Attach(b.ctx, p.Handle())
		if err != nil {
			b.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range 32 {
			all.Go(func() { b.exchange(again, 1+i*30_000) })
		}
		all.Wait()
		if conn, err := p.Dial(b.ctx, dialPort+1); !errors.Is(err, syscall.ECONNREFUSED) {
			b.Errorf("%s: a port on which nobody listens: %v, %v", name, conn, err)
		}
		if err := p.Stop(b.ctx, 0); err != nil {
			b.Fatal(err)
		}
		b.wait(p)
		if conn, err := p.Dial(b.ctx, dialPort); !errors.Is(err, run.ErrEnded) {
			b.Errorf("%s: after the end: %v, %v", name, conn, err)
		}
	}
}

// exchange sends so many bytes to a program that listens, and checks that it has got
// them all.
func (b *bench) exchange(p run.Process, bytes int) {
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	conn, err := p.Dial(ctx, dialPort)
	if err != nil {
		b.Errorf("dial: %v", err)
		return
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, strings.Repeat("x", bytes)); err != nil {
		b.Error(err)
		return
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		b.Error(err)
		return
	}
	answer, err := io.ReadAll(conn)
	if _, n, _ := strings.Cut(strings.TrimSpace(string(answer)), " "); err != nil || n != fmt.Sprint(bytes) {
		b.Errorf("sent %d bytes, the answer is %q, %v", bytes, answer, err)
	}
}
