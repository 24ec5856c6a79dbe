package training

import (
	"context"
	"errors"
	"os"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/store"
)

// prepare sees to it that the image is there, checks the machine where that was
// asked for, lays out /opt/ml, and goes on to the download, or without channels
// to download to the programs.
func (s *Service) prepare(ctx context.Context, w work, r *row) error {
	if err := s.fetch(ctx, w, r); err != nil {
		return err
	}
	if _, err := s.program(ctx, w, r); err != nil {
		return err
	}
	if err := s.checkInfra(ctx, w, r); err != nil {
		return err
	}
	if downloads(&r.Body.Request) {
		return s.commit(ctx, r, func(tx *store.Tx) error {
			return fire(download, r, tx.Now, "Downloading input data")
		})
	}
	if err := s.bringData(ctx, w, r); err != nil {
		return &dataError{err}
	}
	return nil
}

// dataError is a failure of bringData within another step, so that the reason
// does not blame the image.
type dataError struct{ error }

// Unwrap leads to the cause.
func (e *dataError) Unwrap() error { return e.error }

// downloads says whether some channel is brought before the start
// (CreateTrainingJob-23: Downloading is for File mode only).
func downloads(in *sagemaker.CreateTrainingJobInput) bool {
	for _, c := range in.InputDataConfig {
		if c.InputMode == sagemaker.TrainingInputModeFile && c.DataSource.S3DataSource != nil {
			return true
		}
	}
	return false
}

// bringData starts from a clean /opt/ml, because an attempt that was cut short
// may have left half a file, brings what the programs need before their start,
// and lets them start.
func (s *Service) bringData(ctx context.Context, w work, r *row) error {
	if err := s.unstage(ctx, w, r); err != nil {
		return err
	}
	if err := s.layOut(w, r); err != nil {
		return err
	}
	if err := s.restoreCheckpoints(ctx, w, r); err != nil {
		return err
	}
	if err := s.stage(ctx, w, r); err != nil {
		return err
	}
	return s.commit(ctx, r, func(tx *store.Tx) error {
		return fire(train, r, tx.Now, "Training in progress")
	})
}

// program is the image's program, with its environment made; a cached one costs
// next to nothing. A container brings its own.
func (s *Service) program(ctx context.Context, w work, r *row) (image.Program, error) {
	if r.Body.Container != "" {
		return image.Program{}, nil
	}
	img, err := s.Images.Resolve(ctx, r.Body.Image)
	if err != nil {
		return image.Program{}, err
	}
	if runsScript(&r.Body.Request) {
		img = img.ForScripts()
	}
	program, err := s.Images.Prepare(ctx, img, func(line string) { s.log(w).Info("preparing the image", "progress", line) })
	if err != nil && ctx.Err() == nil {
		return program, userError("%v", err)
	}
	return program, err
}

// runsScript says whether the job runs a program of the user's in the image: the
// SDK's version 2 names it in a hyperparameter, version 3 gives a command.
func runsScript(in *sagemaker.CreateTrainingJobInput) bool {
	return in.HyperParameters["sagemaker_program"] != "" || len(in.AlgorithmSpecification.ContainerEntrypoint) > 0
}

// fetch brings a container image, telling in the job's status how far it is.
func (s *Service) fetch(ctx context.Context, w work, r *row) error {
	if r.Body.Container == "" || r.Body.Digest != "" {
		return nil
	}
	if s.Containers == nil {
		return userError("the image %s needs a container engine, and this server has none now", r.Body.Container)
	}
	digest, err := s.Containers.Pull(ctx, r.Body.Container, providerOf(&r.Body.Request), s.progress(ctx, w, r))
	if err != nil && ctx.Err() == nil {
		return userError("%v", err)
	} else if err != nil {
		return err
	}
	return s.commit(ctx, r, func(tx *store.Tx) error {
		r.Body.Digest = digest
		if digest != "" {
			note(r, "Preparing the instances for training (image %s)", digest)
		}
		return nil
	})
}

// providerOf names the credentials for the registry of the request's image, ""
// without (CreateTrainingJob-6).
func providerOf(in *sagemaker.CreateTrainingJobInput) string {
	if c := in.AlgorithmSpecification.TrainingImageConfig; c != nil && c.TrainingRepositoryAuthConfig != nil {
		return *c.TrainingRepositoryAuthConfig.TrainingRepositoryCredentialsProviderArn
	}
	return ""
}

// cleanUp frees what an ended job still holds: its programs' remains, its data
// and its /opt/ml. The log streams stay.
func (s *Service) cleanUp(ctx context.Context, w work, r *row) error {
	for attempt := range r.Body.Attempt + 1 {
		if err := s.removePrograms(ctx, w, r, attempt); err != nil {
			return err
		}
	}
	if err := s.unstage(ctx, w, r); err != nil {
		return err
	}
	if p := r.Body.Pool; p != nil && p.Status == poolTerminated {
		if err := os.RemoveAll(s.cacheDir(w)); err != nil {
			return err
		}
	}
	if r.Body.Reused != "" {
		if err := os.RemoveAll(s.cacheDir(work{w.Account, w.Region, r.Body.Reused})); err != nil {
			return err
		}
	}
	return errors.Join(os.RemoveAll(s.syncedDir(w)), os.RemoveAll(s.jobDir(w)))
}

// mounts are the directories that the request's file system channels name: this
// machine's directories stand for file systems (TrainData-10).
func (s *Service) mounts(in *sagemaker.CreateTrainingJobInput) ([]run.Mount, error) {
	var mounts []run.Mount
	for _, c := range in.InputDataConfig {
		fs := c.DataSource.FileSystemDataSource
		if fs == nil {
			continue
		}
		dir, err := s.fileSystemDir(fs)
		if err != nil {
			return nil, err
		}
		mounts = append(mounts, run.Mount{
			Source: dir, Target: "/opt/ml/input/data/" + *c.ChannelName, ReadOnly: fs.FileSystemAccessMode == sagemaker.FileSystemAccessModeRo,
		})
	}
	return mounts, nil
}

// progress puts a line into the message of the job's current status, at most
// every so often.
func (s *Service) progress(ctx context.Context, w work, r *row) func(line string) {
	last := s.Now()
	return func(line string) {
		if now := s.Now(); now.Sub(last) < progressTick {
			return
		} else {
			last = now
		}
		err := s.commit(ctx, r, func(*store.Tx) error { note(r, "%s", line); return nil })
		if err != nil && ctx.Err() == nil {
			s.log(w).Debug("progress was not noted", "error", err)
		}
	}
}
