package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/internal/statedir"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker/inside"
)

func (p *proc) inspect(ctx context.Context) (container.InspectResponse, error) {
	c, err := p.r.api.ContainerInspect(ctx, p.name, client.ContainerInspectOptions{})
	return c.Container, err
}

// look asks the engine how the container is. It answers whether it is alive;
// run.ErrLost when nobody knows how it ended. An end that only the engine saw is
// recorded.
func (p *proc) look(ctx context.Context) (alive bool, err error) {
	c, err := p.inspect(ctx)
	if _, ok := p.dir.exit(); ok {
		return false, nil
	}
	if err != nil && !errdefs.IsNotFound(err) {
		return false, fmt.Errorf("docker: look after %s: %w", p.id, err)
	}
	if err == nil && c.State != nil && c.State.Running {
		return true, nil
	}
	// It begins, or it is lost. Whoever begins it holds the lock.
	lock, lockErr := statedir.TryLock(p.dir.path(lockFile))
	switch {
	case errors.Is(lockErr, fs.ErrNotExist):
		return false, run.ErrLost
	case lockErr != nil:
		return false, fmt.Errorf("docker: look after %s: %w", p.id, lockErr)
	case lock == nil:
		return true, nil
	}
	defer lock.Close()
	if c, err = p.inspect(ctx); err != nil && !errdefs.IsNotFound(err) {
		return false, fmt.Errorf("docker: look after %s: %w", p.id, err)
	}
	if _, ok := p.dir.exit(); ok {
		return false, nil
	}
	if err != nil || c.State == nil {
		return false, run.ErrLost
	}
	if c.State.Running {
		return true, nil
	}
	e, ok := killed(c.State)
	if !ok {
		return false, run.ErrLost
	}
	return false, p.dir.write(inside.ExitFile, e)
}

// killed is the end of a container whose first process was killed before it
// could record anything: by the engine on somebody's behalf, or for memory.
func killed(s *container.State) (run.Exit, bool) {
	if s.ExitCode != 137 && !s.OOMKilled {
		return run.Exit{}, false
	}
	started, err1 := time.Parse(time.RFC3339Nano, s.StartedAt)
	ended, err2 := time.Parse(time.RFC3339Nano, s.FinishedAt)
	if err1 != nil || err2 != nil || ended.Before(started) {
		return run.Exit{}, false
	}
	return run.Exit{Code: -1, Signal: "SIGKILL", OOMKilled: s.OOMKilled, StartedAt: started, EndedAt: ended}, true
}
