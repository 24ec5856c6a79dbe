package docker

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/sagebrush/sagebrush/run"
)

// proc is the run.Process of a program: a view of its state directory and its
// container.
type proc struct {
	r    *Runner
	id   string
	name string // of the container
	dir  stateDir
	done atomic.Pointer[run.Exit] // the end, once known
	// first is the container's first process by its number on this machine, once
	// known.
	first atomic.Int64
}

// Handle implements run.Process.
func (p *proc) Handle() run.Handle { return p.r.HandleOf(p.id) }

// Wait implements run.Process. It waits for a connection to the container's
// first process to end, so it costs nothing meanwhile, and asks the engine only
// when there is nobody to connect to.
func (p *proc) Wait(ctx context.Context) (run.Exit, error) {
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		if e := p.done.Load(); e != nil {
			return *e, nil
		}
		if e, ok := p.dir.exit(); ok {
			p.r.doors.shut(p.dir)
			p.done.Store(&e)
			return e, nil
		}
		if err := context.Cause(ctx); err != nil {
			return run.Exit{}, err
		}
		if conn, err := p.dir.dial(ctx); err == nil {
			awaitEnd(ctx, conn)
			pause = time.Millisecond
			if _, ok := p.dir.exit(); ok {
				continue
			}
		}
		if _, err := p.look(ctx); err != nil {
			return run.Exit{}, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// awaitEnd returns when the connection has ended or ctx has.
func awaitEnd(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	io.Copy(io.Discard, conn)
}
