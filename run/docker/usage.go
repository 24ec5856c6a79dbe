package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run"
)

// Usage implements run.Process.
func (p *proc) Usage(ctx context.Context) (run.Usage, error) {
	if _, ok := p.dir.exit(); ok {
		return run.Usage{}, fmt.Errorf("docker: %s has ended", p.id)
	}
	got, err := p.r.api.ContainerStats(ctx, p.name, client.ContainerStatsOptions{})
	if errdefs.IsNotFound(err) {
		return run.Usage{}, run.ErrLost
	}
	if err != nil {
		return run.Usage{}, fmt.Errorf("docker: usage of %s: %w", p.id, err)
	}
	defer got.Body.Close()
	var s container.StatsResponse
	if err := json.NewDecoder(got.Body).Decode(&s); err != nil {
		return run.Usage{}, fmt.Errorf("docker: usage of %s: %w", p.id, err)
	}
	if s.Read.IsZero() { // the engine's way to say that it does not run
		return run.Usage{}, fmt.Errorf("docker: %s has ended", p.id)
	}
	return usageOf(s), nil
}

// usageOf counts memory as `docker stats` does: without what the kernel would
// drop first of the files it keeps.
func usageOf(s container.StatsResponse) run.Usage {
	u := run.Usage{At: s.Read, CPUTime: time.Duration(s.CPUStats.CPUUsage.TotalUsage), MemoryBytes: -1}
	if used := s.MemoryStats.Usage; used > 0 {
		files, ok := s.MemoryStats.Stats["total_inactive_file"] // version 1
		if !ok {
			files = s.MemoryStats.Stats["inactive_file"]
		}
		u.MemoryBytes = int64(used - min(files, used))
	}
	return u
}
