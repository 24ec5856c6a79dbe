package docker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker/inside"
	"github.com/sagebrush/sagebrush/run/internal/command"
)

// Start implements run.Runner. The container's name makes it idempotent, the
// lock keeps two callers from starting one container twice, and its first
// process would refuse to begin a second time.
func (r *Runner) Start(ctx context.Context, s run.Spec) (run.Process, error) {
	if err := check(s); err != nil {
		return nil, err
	}
	p := r.proc(s.ID)
	lock, err := p.dir.lock(ctx)
	if err != nil {
		return nil, fmt.Errorf("docker: start %s: %w", s.ID, err)
	}
	defer lock.Close()
	if _, ok := p.dir.exit(); ok {
		return p, nil
	}
	err = p.start(ctx, s)
	if why := (*command.Refusal)(nil); errors.As(err, &why) {
		err = p.refuse(ctx, why)
	}
	if err != nil {
		return nil, fmt.Errorf("docker: start %s: %w", s.ID, err)
	}
	return p, nil
}

// check finds mistakes of the caller.
func check(s run.Spec) error {
	switch {
	case s.ID == "":
		return errors.New("docker: a program without an ID")
	case s.Image == "":
		return fmt.Errorf("docker: %s has no image", s.ID)
	case len(s.Command) > 0 && len(s.Args) > 0:
		return fmt.Errorf("docker: %s has a command, so Args must be empty", s.ID)
	case !filepath.IsAbs(s.OptML) || !filepath.IsAbs(s.Log):
		return fmt.Errorf("docker: %s: OptML and Log must be absolute paths", s.ID)
	case s.Network.Isolated && s.Network.ID == "":
		return fmt.Errorf("docker: %s: an isolated network needs an ID", s.ID)
	}
	for _, m := range s.Mounts {
		if _, ok := targetOf(m); !ok || !filepath.IsAbs(m.Source) {
			return fmt.Errorf("docker: %s: %s cannot be mounted at %s: sources are absolute paths, targets lie beneath /opt/ml", s.ID, m.Source, m.Target)
		}
	}
	return nil
}

// refuse records that the program has ended before it began.
func (p *proc) refuse(ctx context.Context, why *command.Refusal) error {
	p.r.doors.shut(p.dir)
	if err := p.r.removeContainer(ctx, p.name); err != nil {
		return err
	}
	now := time.Now()
	return p.dir.write(inside.ExitFile, run.Exit{Code: why.Code, Reason: why.Reason, StartedAt: now, EndedAt: now})
}

// start makes the container and starts it, from wherever an earlier attempt
// ended. The caller holds the lock.
func (p *proc) start(ctx context.Context, s run.Spec) error {
	made := false
	if p.dir.has(specFile) { // not the first attempt
		c, err := p.inspect(ctx)
		switch {
		case errdefs.IsNotFound(err):
			if p.dir.has(begunFile) {
				return nil // lost: Wait finds out
			}
		case err != nil:
			return err
		case c.State != nil && c.State.Status != container.StateCreated:
			return p.r.doors.ensure(p.dir, reachOf(s))
		default:
			made = true
		}
	}
	if !made {
		if err := p.create(ctx, s); err != nil {
			return err
		}
	}
	if err := p.r.doors.ensure(p.dir, reachOf(s)); err != nil {
		return err
	}
	if err := p.dir.write(begunFile, time.Now()); err != nil {
		return err
	}
	_, err := p.r.api.ContainerStart(ctx, p.name, client.ContainerStartOptions{})
	return hopeless(err)
}

// create prepares everything that the container needs, and the container.
func (p *proc) create(ctx context.Context, s run.Spec) error {
	image, err := p.r.api.ImageInspect(ctx, s.Image)
	if errdefs.IsNotFound(err) {
		return command.Refuse(command.NotFound, "The image %s is not on this machine. Pull or build it first.", s.Image)
	}
	if errdefs.IsInvalidArgument(err) {
		return command.Refuse(command.NotFound, "The image %q cannot be found: %s.", s.Image, sentence(err.Error()))
	}
	if err != nil {
		return err
	}
	what, err := p.r.compose(s, imageOf(image.Config), p.name, p.dir)
	if err != nil {
		return err
	}
	if err := touch(s.Log); err != nil {
		return command.Refuse(command.NotStarted, "The program could not be started: its log could not be opened: %v.", err)
	}
	if err := os.MkdirAll(p.dir.path(sharedDir), 0o700); err != nil {
		return err
	}
	what.plan.Secret = rand.Text()
	if err := p.dir.write(secretFile, what.plan.Secret); err != nil {
		return err
	}
	if err := p.dir.write(sharedDir+"/"+inside.PlanFile, what.plan); err != nil {
		return err
	}
	if err := p.dir.write(specFile, s); err != nil {
		return err
	}
	if s.Network.ID != "" {
		if err := p.r.join(ctx, s.Network, s.Hostname, what); err != nil {
			return err
		}
	}
	return p.make(ctx, what.options)
}

// make asks the engine for the container. When its name is taken, a server that
// was killed has asked before: then the engine has made it, is about to, or has
// just given up.
func (p *proc) make(ctx context.Context, options client.ContainerCreateOptions) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		_, err := p.r.api.ContainerCreate(ctx, options)
		if !errdefs.IsConflict(err) {
			return hopeless(err)
		}
		c, err := p.inspect(ctx)
		switch {
		case err == nil && c.State != nil && c.State.Status == container.StateCreated:
			return nil
		case err == nil: // of a state directory that was deleted by hand
			if err := p.r.removeContainer(ctx, p.name); err != nil {
				return err
			}
		case !errdefs.IsNotFound(err):
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// touch makes the log file, so that it is the server's although the container
// writes it.
func touch(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// hopeless makes a Refusal of an error that asking again would bring again: the
// image or the request is to blame, not the engine.
func hopeless(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, sign := range []string{"OCI runtime create failed", "invalid mount config", "unable to find user"} {
		if strings.Contains(text, sign) {
			return command.Refuse(command.NotExecutable, "The engine cannot start the container: %s.", sentence(text))
		}
	}
	if errdefs.IsInvalidArgument(err) {
		return command.Refuse(command.NotExecutable, "The engine refuses the container: %s.", sentence(text))
	}
	return err
}

// sentence takes the frame off an engine's message.
func sentence(text string) string {
	text = strings.TrimPrefix(strings.TrimSpace(text), "Error response from daemon: ")
	return strings.TrimSuffix(strings.TrimSuffix(text, ": unknown"), ".")
}

// Attach implements run.Runner.
func (r *Runner) Attach(ctx context.Context, h run.Handle) (run.Process, error) {
	p, err := r.find(h)
	if err != nil {
		return nil, err
	}
	if _, ok := p.dir.exit(); ok {
		return p, nil
	}
	var s run.Spec
	if !p.dir.read(specFile, &s) {
		return nil, run.ErrLost
	}
	if _, err := p.look(ctx); err != nil {
		return nil, err
	}
	if _, ok := p.dir.exit(); ok {
		return p, nil
	}
	if err := r.doors.ensure(p.dir, reachOf(s)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("docker: attach to %s: %w", p.id, err)
	}
	return p, nil
}
