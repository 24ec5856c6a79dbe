package docker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/moby/moby/client"
)

// engine is what the engine said of itself.
type engine struct {
	cpus    int
	memory  int64
	selinux bool
	userns  bool
}

// patience is how long New waits for an engine.
const patience = 10 * time.Second

// connect finds the engine and learns what it can do.
func (r *Runner) connect(ctx context.Context, host string) error {
	options := []client.Opt{client.FromEnv}
	if host != "" {
		options = append(options, client.WithHost(host))
	}
	api, err := client.New(options...)
	if err != nil {
		return fmt.Errorf("docker: set up the client: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	where := api.DaemonHost()
	if !strings.HasPrefix(where, "unix://") {
		return fmt.Errorf("docker: the engine at %s is not on this machine's own socket, so its containers cannot see this machine's files: set DOCKER_HOST to a unix:// address", where)
	}
	got, err := api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return fmt.Errorf("docker: no engine answers at %s: start Docker, add this user to its group, or set DOCKER_HOST: %w", where, err)
	}
	info := got.Info
	if info.OSType != "linux" {
		return fmt.Errorf("docker: the engine at %s runs %s containers, not Linux ones", where, info.OSType)
	}
	r.api = api
	r.engine = engine{cpus: info.NCPU, memory: info.MemTotal}
	for _, o := range info.SecurityOptions {
		switch name, _, _ := strings.Cut(o, ","); name {
		case "name=selinux":
			r.engine.selinux = true
		case "name=userns":
			r.engine.userns = true
		case "name=rootless":
			return fmt.Errorf("docker: the engine at %s runs rootless, which is not supported yet: use the system's engine", where)
		}
	}
	return nil
}
