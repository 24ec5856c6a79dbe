package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
)

// lastWish is how long Remove lets a container's first process record the end of
// its killed program and give files back, before it kills that too.
const lastWish = 10 * time.Second

// Remove implements run.Runner.
func (r *Runner) Remove(ctx context.Context, h run.Handle) error {
	p, err := r.find(h)
	if err != nil {
		return err
	}
	lock, err := p.dir.lockExisting(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return r.removeContainer(ctx, p.name) // of a directory that was deleted by hand
	}
	if err != nil {
		return fmt.Errorf("docker: remove %s: %w", p.id, err)
	}
	defer lock.Close()
	if err := p.remove(ctx); err != nil {
		return fmt.Errorf("docker: remove %s: %w", p.id, err)
	}
	return nil
}

// remove takes the program away; the caller holds the lock.
func (p *proc) remove(ctx context.Context) error {
	var s run.Spec
	known := p.dir.read(specFile, &s)
	p.end(ctx)
	if err := p.r.removeContainer(ctx, p.name); err != nil {
		return err
	}
	p.r.doors.shut(p.dir)
	if known {
		if err := p.giveBack(ctx, s); err != nil {
			return err
		}
		if s.Network.ID != "" {
			if err := p.r.leave(ctx, s.Network); err != nil {
				return err
			}
		}
	}
	return os.RemoveAll(string(p.dir))
}

// end kills a program that runs and lets its container end by itself, if it does
// so soon.
func (p *proc) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastWish)
	defer cancel()
	if _, ok := p.dir.exit(); ok {
		return
	}
	conn, err := p.dir.dial(ctx)
	if err != nil {
		return
	}
	if p.sendStop(ctx, conn, 0) == heard {
		if conn, err = p.dir.dial(ctx); err == nil {
			awaitEnd(ctx, conn)
		}
	}
}

// removeContainer removes a container, whatever its state, and waits until the
// engine has.
func (r *Runner) removeContainer(ctx context.Context, name string) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		_, err := r.api.ContainerRemove(ctx, name, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		if err == nil || errdefs.IsNotFound(err) {
			return nil
		}
		if !errdefs.IsConflict(err) { // a conflict: another removal is on its way
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(pause):
		}
	}
}
