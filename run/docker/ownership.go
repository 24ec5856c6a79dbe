package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker/inside"
)

// giveBack sees to it that the server can remove what a container left, also one
// that was killed. Mostly everything is the server's already. Otherwise only a
// container may change owners: one of an empty image, which runs our binary.
func (p *proc) giveBack(ctx context.Context, s run.Spec) error {
	owner := ownerOfFiles()
	if owner == nil {
		return nil
	}
	mounts := []mount.Mount{
		{Type: mount.TypeBind, Source: p.r.init[0], Target: inside.Init, ReadOnly: true},
		{Type: mount.TypeBind, Source: p.dir.path(sharedDir), Target: inside.Shared},
		{Type: mount.TypeBind, Source: s.OptML, Target: inside.OptML},
	}
	foreign := strange(p.dir.path(sharedDir), owner.UID) || strange(s.OptML, owner.UID)
	for _, m := range s.Mounts {
		if !m.ReadOnly {
			mounts = append(mounts, mount.Mount{Type: mount.TypeBind, Source: m.Source, Target: m.Target})
			foreign = foreign || strange(m.Source, owner.UID)
		}
	}
	if !foreign {
		return nil
	}
	image, err := p.r.emptyImage(ctx)
	if err == nil {
		err = p.r.runHelper(ctx, p.name+"-owner", client.ContainerCreateOptions{HostConfig: p.r.host(mounts, "none"), Config: &container.Config{
			Image: image, User: "0:0", Labels: map[string]string{LabelOwner: p.r.owner, LabelID: p.id},
			Entrypoint: p.r.first(inside.GiveBack, strconv.Itoa(owner.UID), strconv.Itoa(owner.GID), inside.OptML, inside.Shared),
		}})
	}
	if err != nil {
		return fmt.Errorf("give files back to user %d: %w", owner.UID, err)
	}
	return nil
}

// runHelper runs a container to its end and removes it.
func (r *Runner) runHelper(ctx context.Context, name string, c client.ContainerCreateOptions) error {
	if err := r.removeContainer(ctx, name); err != nil { // of a server that was killed
		return err
	}
	c.Name = name
	if _, err := r.api.ContainerCreate(ctx, c); err != nil {
		return err
	}
	_, err := r.api.ContainerStart(ctx, name, client.ContainerStartOptions{})
	if err == nil {
		wait := r.api.ContainerWait(ctx, name, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
		select {
		case err = <-wait.Error:
		case <-wait.Result:
		}
	}
	return errors.Join(err, r.removeContainer(context.WithoutCancel(ctx), name))
}

// helperImage is an image without files, some hundred bytes large.
const helperImage = "sagebrush/empty:1"

// emptyImage makes that image and answers its name.
func (r *Runner) emptyImage(ctx context.Context) (string, error) {
	if _, err := r.api.ImageInspect(ctx, helperImage); err == nil {
		return helperImage, nil
	}
	var files bytes.Buffer
	w := tar.NewWriter(&files)
	err := errors.Join(w.WriteHeader(&tar.Header{Name: "opt/", Typeflag: tar.TypeDir, Mode: 0o755}), w.Close())
	if err != nil {
		return "", err
	}
	got, err := r.api.ImageImport(ctx, client.ImageImportSource{Source: &files, SourceName: "-"}, helperImage, client.ImageImportOptions{})
	if err != nil {
		return "", fmt.Errorf("make an empty image: %w", err)
	}
	_, err = io.Copy(io.Discard, got)
	return helperImage, errors.Join(err, got.Close())
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
