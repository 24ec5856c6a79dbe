package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker/inside"
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
	if sendStop(ctx, conn, 0) {
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

// giveBack sees to it that the server can remove what the container left. Mostly
// it is the server's already.
func (p *proc) giveBack(ctx context.Context, s run.Spec) error {
	owner := ownerOfFiles()
	if owner == nil || !strange(s.OptML, owner.UID) && !strange(p.dir.path(sharedDir), owner.UID) {
		return nil
	}
	name := p.name + "-owner"
	if err := p.r.removeContainer(ctx, name); err != nil {
		return err
	}
	words := append([]string{inside.Init}, p.r.init[1:]...)
	words = append(words, inside.GiveBack, strconv.Itoa(owner.UID), strconv.Itoa(owner.GID), inside.OptML, inside.Shared)
	host := &container.HostConfig{NetworkMode: "none", Mounts: []mount.Mount{
		{Type: mount.TypeBind, Source: p.r.init[0], Target: inside.Init, ReadOnly: true},
		{Type: mount.TypeBind, Source: p.dir.path(sharedDir), Target: inside.Shared},
		{Type: mount.TypeBind, Source: s.OptML, Target: inside.OptML},
	}}
	if p.r.engine.selinux {
		host.SecurityOpt = []string{"label=disable"}
	}
	if p.r.engine.userns {
		host.UsernsMode = "host"
	}
	_, err := p.r.api.ContainerCreate(ctx, client.ContainerCreateOptions{Name: name, HostConfig: host, Config: &container.Config{
		Image: s.Image, User: "0:0", Entrypoint: words, Cmd: []string{}, Healthcheck: &container.HealthConfig{Test: []string{"NONE"}},
		Labels: map[string]string{LabelOwner: p.r.owner, LabelID: p.id},
	}})
	if err != nil {
		return fmt.Errorf("give files back to user %d: %w", owner.UID, err)
	}
	_, err = p.r.api.ContainerStart(ctx, name, client.ContainerStartOptions{})
	if err == nil {
		wait := p.r.api.ContainerWait(ctx, name, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
		select {
		case err = <-wait.Error:
		case <-wait.Result:
		}
	}
	return errors.Join(err, p.r.removeContainer(context.WithoutCancel(ctx), name))
}

// strange says whether anything at or beneath dir is another user's.
func strange(dir string, uid int) bool {
	errStrange := errors.New("strange")
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && ownerUID(info) != uid {
			return errStrange
		}
		return nil
	})
	return err != nil
}
