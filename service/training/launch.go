package training

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/instance"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/store"
)

// launch starts the programs of all hosts. The runner knows each by its ID, so
// that a crash before the handles are saved starts nothing twice.
func (s *Service) launch(ctx context.Context, w work, r *row) error {
	specs, err := s.specs(ctx, w, r)
	if err != nil {
		return err
	}
	runner, handles := s.runner(&r.Body), make([]json.RawMessage, len(specs))
	g, startCtx := errgroup.WithContext(ctx)
	for i, spec := range specs {
		g.Go(func() error {
			p, err := runner.Start(startCtx, spec)
			if err == nil {
				handles[i] = json.RawMessage(p.Handle())
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return s.commit(ctx, r, func(*store.Tx) error {
		for i := range handles {
			r.Body.Hosts[i].Handle = handles[i]
		}
		return nil
	})
}

// specs are what the runner is asked to run, one program a host.
func (s *Service) specs(ctx context.Context, w work, r *row) ([]run.Spec, error) {
	program, err := s.program(ctx, w, r)
	if err != nil {
		return nil, err
	}
	logs, err := s.logPaths(ctx, r)
	if err != nil {
		return nil, err
	}
	in := &r.Body.Request
	var access map[string]string
	if !aws.Val(in.EnableNetworkIsolation) {
		life := time.Duration(*in.StoppingCondition.MaxRuntimeInSeconds)*time.Second + 2*s.StopGrace
		if access, err = s.Access.Variables(ctx, r.Scope, *in.RoleArn, caBundle, life); err != nil {
			return nil, err
		}
	}
	mounts, err := s.mounts(in)
	if err != nil {
		return nil, err
	}
	specs := make([]run.Spec, len(r.Body.Hosts))
	for i, h := range r.Body.Hosts {
		limits := s.limits(in, h)
		specs[i] = run.Spec{
			ID: w.programID(r.Body.Attempt, h.Name), Hostname: h.Name, Image: r.Body.Container,
			Env:   environment(r, i, program.Env, limits, s.interfaceOf(r), access),
			OptML: s.mlDir(w, h.Name), Mounts: mounts, Network: s.network(w, r), Log: logs[i], Limits: limits,
		}
		specs[i].Command, specs[i].Args = command(program, in.AlgorithmSpecification, r.Body.Container != "")
	}
	return specs, nil
}

// command is the program with the request's overrides (TrainContainer-1). A
// container whose entrypoint is not replaced gets arguments for it.
func command(p image.Program, a *sagemaker.AlgorithmSpecification, container bool) (command, args []string) {
	switch {
	case len(a.ContainerEntrypoint) > 0:
		return slices.Concat(p.Enter, a.ContainerEntrypoint, a.ContainerArguments), nil
	case container && len(a.ContainerArguments) > 0:
		return nil, a.ContainerArguments
	case container:
		return nil, []string{"train"}
	case len(a.ContainerArguments) > 0 && len(p.Train) > 0:
		return append(append([]string{}, p.Train...), a.ContainerArguments...), nil
	}
	return p.Train, nil
}

// network is where the hosts of a job meet. A single host that need not be
// closed off lives on the machine's own.
func (s *Service) network(w work, r *row) run.Network {
	isolated := aws.Val(r.Body.Request.EnableNetworkIsolation)
	if len(r.Body.Hosts) == 1 && !isolated {
		return run.Network{}
	}
	return run.Network{
		ID: w.networkID(r.Body.Attempt), Hosts: namesOf(r.Body.Hosts), Isolated: isolated, Reach: []string{s.Access.Address()},
	}
}

// interfaceOf is the network interface by which a job's hosts see each other.
func (s *Service) interfaceOf(r *row) string {
	if len(r.Body.Hosts) == 1 && !aws.Val(r.Body.Request.EnableNetworkIsolation) {
		return "lo"
	}
	return s.runner(&r.Body).Traits().Interface
}

// limits are the figures of a host's instance type, or the machine's where it
// has less (docs/capacity.md).
func (s *Service) limits(in *sagemaker.CreateTrainingJobInput, h Host) run.Limits {
	l := run.Limits{MemoryBytes: s.MemoryLimit, Grace: s.StopGrace, DiskBytes: int64(*in.ResourceConfig.VolumeSizeInGB) << 30, GPUs: h.GPUs}
	if t, ok := instance.Lookup(h.InstanceType); ok {
		if t.LocalDiskBytes > 0 {
			l.DiskBytes = t.LocalDiskBytes // such a type has no volume (CreateTrainingJob-11)
		}
		l.CPUs = float64(min(max(1, t.VCPUs), runtime.NumCPU()))
		if s.MemoryLimit == 0 || t.MemoryBytes < s.MemoryLimit {
			l.MemoryBytes = t.MemoryBytes
		}
	}
	// The server ends the job at its MaxRuntime; this is for the time when no
	// server is there to do it.
	l.Wall = time.Duration(*in.StoppingCondition.MaxRuntimeInSeconds)*time.Second + time.Minute
	return l
}

// logPaths are the files of the hosts' log streams.
func (s *Service) logPaths(ctx context.Context, r *row) ([]string, error) {
	paths := make([]string, len(r.Body.Hosts))
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		for i, h := range r.Body.Hosts {
			if paths[i], err = s.Streams.Path(tx, r.Scope, LogGroup, h.Stream); err != nil {
				return err
			}
		}
		return nil
	})
	return paths, err
}

// ignoreLost makes nothing of an error that says that there is nothing.
func ignoreLost(err error) error {
	if errors.Is(err, run.ErrLost) {
		return nil
	}
	return err
}
