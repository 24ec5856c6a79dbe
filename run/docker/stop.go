package docker

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"net"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker/inside"
)

// answerTime is how long the container's first process may take to answer.
const answerTime = 5 * time.Second

// Stop implements run.Process.
func (p *proc) Stop(ctx context.Context, grace time.Duration) error {
	for pause, begun := time.Millisecond, time.Now(); ; pause = min(2*pause, 100*time.Millisecond) {
		if _, ok := p.dir.exit(); ok {
			return nil
		}
		if conn, err := p.dir.dial(ctx); err == nil {
			switch p.sendStop(ctx, conn, grace) {
			case heard:
				return nil
			case forged:
				return p.stopByEngine(ctx, grace)
			}
		}
		alive, err := p.look(ctx)
		if errors.Is(err, run.ErrLost) || err == nil && !alive {
			return nil
		}
		if err != nil {
			return err
		}
		if time.Since(begun) > answerTime { // its socket is gone
			return p.stopByEngine(ctx, grace)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// answer is what came of a request.
type answer int

const (
	heard  answer = iota // it is being stopped
	gone                 // the first process ends, or this call does
	forged               // the program has put itself in the first process's place
)

// sendStop passes the request on to the container's first process.
func (p *proc) sendStop(ctx context.Context, conn net.Conn, grace time.Duration) answer {
	defer conn.Close()
	within, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	stop := context.AfterFunc(within, func() { conn.Close() })
	defer stop()
	line := inside.StopLine(grace, rand.Text())
	if _, err := fmt.Fprintln(conn, line); err != nil {
		return gone
	}
	got, err := bufio.NewReaderSize(conn, 256).ReadSlice('\n')
	switch {
	case err == nil && strings.TrimSpace(string(got)) == inside.Seal(p.dir.secret(), line):
		return heard
	case err == nil, ctx.Err() == nil && within.Err() != nil:
		return forged
	}
	return gone
}

// stopByEngine lets the engine send the signals, which it does to the end also
// when nobody waits for it any more.
func (p *proc) stopByEngine(ctx context.Context, grace time.Duration) error {
	p.r.logger.Warn("no true answer comes from a container; the engine stops it", "runner", "docker", "id", p.id)
	seconds := int(math.Ceil(max(grace, 0).Seconds()))
	done := make(chan error, 1)
	go func() {
		_, err := p.r.api.ContainerStop(context.WithoutCancel(ctx), p.name, client.ContainerStopOptions{Timeout: &seconds})
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil && !errdefs.IsNotFound(err) {
			return fmt.Errorf("docker: stop %s: %w", p.id, err)
		}
	case <-time.After(answerTime): // it has been asked by then
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}
