//go:build !linux

package docker

import (
	"context"
	"net"

	"github.com/sagebrush/sagebrush/run"
)

// Dial implements run.Process; runners refuse to work here.
func (p *proc) Dial(context.Context, int) (net.Conn, error) { return nil, run.ErrEnded }
