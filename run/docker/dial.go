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
