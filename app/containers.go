package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/run/docker"
)

// Which runner runs the programs of jobs (Config.Runner).
const (
	// RunnerAuto takes processes for images that this server has a program for, and
	// containers for all others where an engine answers.
	RunnerAuto = "auto"
	// RunnerProcess never takes containers.
	RunnerProcess = "process"
	// RunnerDocker takes containers for every image.
	RunnerDocker = "docker"
	// RunnerFake runs no program at all, for tests of what surrounds jobs; see fakes.
	RunnerFake = "fake"
)

// openContainers finds the container engine. Without one only RunnerDocker is an
// error.
func (a *App) openContainers(ctx context.Context) error {
	switch a.config.Runner {
	case RunnerProcess:
		return nil
	case RunnerFake:
		a.config.Logger.Warn("no program of a job runs: --runner fake is for tests of what surrounds jobs")
		return nil
	}
	logins, err := registryLogins(a.config.RegistryCredentials)
	if err != nil {
		return err
	}
	r, err := docker.New(ctx, docker.Config{Dir: a.path("docker"), Init: a.config.Init, Spares: 1, Logger: a.config.Logger})
	switch {
	case err != nil && a.config.Runner == RunnerDocker:
		return err
	case err != nil:
		a.config.Logger.Info("no containers: images without a program here are refused", "because", err)
		return nil
	}
	a.containers = &containers{Runner: r, logins: logins}
	a.onClose(r.Close)
	return nil
}

// containers is the engine as the training service sees it.
type containers struct {
	*docker.Runner
	logins map[string]docker.Credentials
}

// Knows says whether there are credentials under the ARN of a
// TrainingRepositoryCredentialsProvider.
func (c *containers) Knows(provider string) bool {
	_, ok := c.logins[provider]
	return ok
}

// Pull brings an image; provider names its registry's credentials, "" for those
// that `docker login` left.
func (c *containers) Pull(ctx context.Context, ref, provider string, progress func(line string)) (string, error) {
	return c.Runner.Pull(ctx, ref, c.logins[provider], progress)
}

// registryLogins reads the file of registry credentials: a JSON object of ARNs,
// each with a username and a password.
func registryLogins(path string) (map[string]docker.Credentials, error) {
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s holds passwords, and others can read it: chmod 600 it", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var logins map[string]docker.Credentials
	if err := json.Unmarshal(text, &logins); err != nil {
		return nil, fmt.Errorf(`%s is not of the form {"ARN": {"username": "…", "password": "…"}}: %w`, path, err)
	}
	return logins, nil
}

// digests knows the content behind image URIs: of the images that this server has
// a program for, and of those of the engine.
type digests struct {
	images     *image.Manager
	containers *containers
	// any says that every image is there, with RunnerFake.
	any bool
}

// Digest implements algorithm.Images.
func (d digests) Digest(ctx context.Context, uri string) (string, error) {
	digest, err := d.images.Digest(ctx, uri)
	switch {
	case err != nil && d.any:
		return "", nil
	case err == nil || d.containers == nil:
		return digest, err
	}
	digest, engineErr := d.containers.Digest(ctx, uri)
	if errors.Is(engineErr, docker.ErrNoImage) {
		return "", nil // it is pulled when a job needs it
	}
	return digest, engineErr
}
