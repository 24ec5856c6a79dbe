package docker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker/inside"
	"github.com/sagebrush/sagebrush/run/internal/dial"
)

// Dial implements run.Process. The container's first process connects and hands
// the connection over, so it makes no difference what the container's network is,
// where the engine put it, and whether the machine has an address there.
func (p *proc) Dial(ctx context.Context, port int) (net.Conn, error) {
	ctx, cancel := dial.Within(ctx)
	defer cancel()
	conn, err := p.connect(ctx, port)
	if err != nil {
		return nil, fmt.Errorf("docker: connect to port %d of %s: %w", port, p.id, err)
	}
	return conn, nil
}

func (p *proc) connect(ctx context.Context, port int) (net.Conn, error) {
	if err := dial.CheckPort(port); err != nil {
		return nil, err
	}
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		if _, ok := p.dir.exit(); ok {
			return nil, run.ErrEnded
		}
		holder, err := p.dir.dial(ctx)
		began := err == nil
		if began && !p.genuine(ctx, holder) {
			holder.Close()
			return nil, errors.New("something in the container has taken the place of its first process")
		}
		if began {
			line := inside.DialLine(port, rand.Text())
			conn, err := dial.Ask(ctx, holder, line, func(sealed string) (string, error) {
				return inside.OpenAnswer(p.dir.secret(), line, sealed)
			})
			if !errors.Is(err, dial.ErrGone) {
				return conn, err
			}
		}
		switch alive, err := p.look(ctx); {
		case err != nil:
			return nil, err
		case alive && !began:
			// The container begins: its first process does not listen yet, let alone
			// the program.
			return nil, fmt.Errorf("the container's first process does not listen: %w", syscall.ECONNREFUSED)
		}
		select { // it ends
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// genuine says whether the container's first process listens at the other end. The
// seal of an answer does not prove that: a program may lead the request on, and hand
// over a connection in which it makes our threads wait. Where the kernel does not
// say who listens, because the server sees other numbers of processes, or the
// engine does not answer, the seal has to do.
func (p *proc) genuine(ctx context.Context, holder net.Conn) bool {
	listener := listenerOf(holder)
	if listener <= 0 {
		return true
	}
	first := int(p.first.Load())
	if first == 0 {
		c, err := p.inspect(ctx)
		if err != nil || c.State == nil || c.State.Pid <= 0 {
			return true
		}
		first = c.State.Pid
		p.first.Store(int64(first))
	}
	return listener == first
}
