package training

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws/instance"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/store"
)

// claim marks the job as begun: from here on its times count (DescTJ-5), and its
// log stream exists, because clients look for one stream per host at once.
func (s *Service) claim(ctx context.Context, r *row) error {
	return s.commit(ctx, r, func(tx *store.Tx) error {
		r.Body.Claimed = true
		at := tx.Now
		r.Body.StartedAt = &at
		r.Body.Stream = fmt.Sprintf("%s/%s-%d", r.Name, host, at.Unix())
		note(r, "Preparing the instances for training")
		_, err := s.Streams.Create(tx, r.Scope, LogGroup, r.Body.Stream)
		return err
	})
}

// prepare sees to it that the image's environment exists, lays out /opt/ml, and
// goes on to the download, or without channels to the program.
func (s *Service) prepare(ctx context.Context, w work, r *row) error {
	if _, err := s.program(ctx, w, &r.Body.Request); err != nil {
		return err
	}
	if err := s.layOut(w, &r.Body.Request); err != nil {
		return err
	}
	return s.commit(ctx, r, func(tx *store.Tx) error {
		if len(r.Body.Request.InputDataConfig) > 0 {
			return fire(download, r, tx.Now, "Downloading input data")
		}
		return fire(train, r, tx.Now, "Training in progress")
	})
}

// program resolves the image and makes its environment; a cached one costs next
// to nothing.
func (s *Service) program(ctx context.Context, w work, in *sagemaker.CreateTrainingJobInput) (image.Program, error) {
	img, err := s.Images.Resolve(ctx, *in.AlgorithmSpecification.TrainingImage)
	if err != nil {
		return image.Program{}, err
	}
	program, err := s.Images.Prepare(ctx, img, func(line string) { s.log(w).Info("preparing the image", "progress", line) })
	if err != nil && ctx.Err() == nil {
		return program, userError("%v", err)
	}
	return program, err
}

// download starts from a clean /opt/ml, because an attempt that was cut short
// may have left half a file.
func (s *Service) download(ctx context.Context, w work, r *row) error {
	if err := s.layOut(w, &r.Body.Request); err != nil {
		return err
	}
	if err := s.downloadChannels(ctx, w, &r.Body.Request); err != nil {
		return err
	}
	return s.commit(ctx, r, func(tx *store.Tx) error {
		return fire(train, r, tx.Now, "Training in progress")
	})
}

// launch starts the program. The runner knows it by its ID, so that a crash
// before the handle is saved starts nothing twice.
func (s *Service) launch(ctx context.Context, w work, r *row) error {
	spec, err := s.spec(ctx, w, r)
	if err != nil {
		return err
	}
	p, err := s.Runner.Start(ctx, spec)
	if err != nil {
		return err
	}
	return s.commit(ctx, r, func(*store.Tx) error {
		r.Body.Handle = json.RawMessage(p.Handle())
		return nil
	})
}

// stopGrace is how long a program may save its work after SIGTERM (StopTrainingJob-1).
const stopGrace = 120 * time.Second

// spec is what the runner is asked to run (TrainContainer-1, -6).
func (s *Service) spec(ctx context.Context, w work, r *row) (run.Spec, error) {
	in := &r.Body.Request
	program, err := s.program(ctx, w, in)
	if err != nil {
		return run.Spec{}, err
	}
	var log string
	err = s.DB.View(ctx, func(tx *store.Tx) (err error) {
		log, err = s.Streams.Path(tx, r.Scope, LogGroup, r.Body.Stream)
		return err
	})
	if err != nil {
		return run.Spec{}, err
	}
	limits := s.limits(in)
	ml := s.mlDir(w)
	access, err := s.Access.Variables(ctx, r.Scope, *in.RoleArn, caBundle, limits.Wall+2*stopGrace)
	if err != nil {
		return run.Spec{}, err
	}
	return run.Spec{
		ID: w.programID(), Hostname: host, Command: command(program, in.AlgorithmSpecification),
		Env: environment(r, program, limits, access), OptML: ml, Log: log, Limits: limits,
	}, nil
}

// command is the program with the request's overrides (TrainContainer-1).
func command(p image.Program, a *sagemaker.AlgorithmSpecification) []string {
	switch {
	case len(a.ContainerEntrypoint) > 0:
		return slices.Concat(p.Enter, a.ContainerEntrypoint, a.ContainerArguments)
	case len(a.ContainerArguments) > 0 && len(p.Train) > 0:
		return append(append([]string{}, p.Train...), a.ContainerArguments...)
	}
	return p.Train
}

// limits are the instance type's figures, or the machine's where it has less.
func (s *Service) limits(in *sagemaker.CreateTrainingJobInput) run.Limits {
	l := run.Limits{MemoryBytes: s.MemoryLimit, Grace: stopGrace}
	if t, ok := instance.Lookup(string(in.ResourceConfig.InstanceType)); ok {
		l.CPUs = float64(min(t.VCPUs, runtime.NumCPU()))
		if s.MemoryLimit == 0 || t.MemoryBytes < s.MemoryLimit {
			l.MemoryBytes = t.MemoryBytes
		}
	}
	// The server ends the job at its MaxRuntime; this is for the time when no
	// server is there to do it.
	l.Wall = time.Duration(*in.StoppingCondition.MaxRuntimeInSeconds)*time.Second + time.Minute
	return l
}

// windDown ends a job that was asked to stop, wherever it stood: the program
// gets SIGTERM and its grace, and what it saved is uploaded.
func (s *Service) windDown(ctx context.Context, w work, r *row) error {
	if r.Body.Handle == nil && started(r) {
		// It may have been started by a server that died before saving the handle.
		r.Body.Handle = json.RawMessage(s.Runner.HandleOf(w.programID()))
	}
	if r.Body.Handle != nil {
		if err := s.stopProgram(ctx, w, r); err != nil {
			return err
		}
		if err := s.uploadResults(ctx, w, r, true); err != nil {
			s.log(w).Warn("the results of the stopped job could not be uploaded", "error", err)
			if _, final := reasonOf("upload", err); !final {
				return err
			}
		}
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		fresh, err := jobs.Get(tx, r.Scope, r.Name)
		if err != nil || terminal(fresh.Body.Secondary) {
			return err
		}
		fresh.Body.ModelArtifacts, fresh.Body.Metrics, fresh.Body.Handle = r.Body.ModelArtifacts, r.Body.Metrics, r.Body.Handle
		return s.finishStopped(tx, fresh)
	})
}

// started says whether the job ever reached its program.
func started(r *row) bool {
	for _, h := range r.Body.History {
		if h.Status == sagemaker.SecondaryStatusTraining {
			return true
		}
	}
	return false
}

// cleanUp frees what an ended job still holds: the program's remains and its
// /opt/ml. The log stream stays.
func (s *Service) cleanUp(ctx context.Context, w work, r *row) error {
	if r.Body.Handle != nil {
		if err := s.Runner.Remove(ctx, run.Handle(r.Body.Handle)); err != nil && !errors.Is(err, run.ErrLost) {
			return err
		}
	}
	return os.RemoveAll(s.mlDir(w))
}

// outputURI is where the results of a job go (TrainContainer-8).
func outputURI(in *sagemaker.CreateTrainingJobInput, name string) (bucket, key string, err error) {
	bucket, prefix, err := parseS3(*in.OutputDataConfig.S3OutputPath)
	return bucket, path.Join(prefix, *in.TrainingJobName, "output", name), err
}

// modelDir and outputDir are where a program leaves its results.
func (s *Service) modelDir(w work) string  { return filepath.Join(s.mlDir(w), "model") }
func (s *Service) outputDir(w work) string { return filepath.Join(s.mlDir(w), "output", "data") }
