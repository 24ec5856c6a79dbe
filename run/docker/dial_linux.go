package docker

import (
	"context"
	"fmt"
	"net"
	"syscall"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/internal/handover"
)

// Dial implements run.Process. The container's first process connects, so that
// programs that listen on their loopback interface alone are reached as well, and
// those in networks that this machine is no part of.
func (p *proc) Dial(ctx context.Context, port int) (net.Conn, error) {
	if _, ended := p.dir.exit(); ended {
		return nil, run.ErrEnded
	}
	control, err := p.dir.dial(ctx)
	if err != nil {
		// It begins, and does not listen yet, or it ends.
		return nil, fmt.Errorf("docker: dial port %d of %s: %w", port, p.id, syscall.ECONNREFUSED)
	}
	conn, err := handover.Ask(ctx, control, port)
	if err != nil {
		return nil, fmt.Errorf("docker: dial port %d of %s: %w", port, p.id, err)
	}
	return conn, nil
}
