package training

import (
	"context"
	"errors"
	"path"
	"path/filepath"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/artifact/mirror"
	"github.com/sagebrush/sagebrush/artifact/tree"
	"github.com/sagebrush/sagebrush/aws"
)

// syncedDir is a directory below /opt/ml that is kept in S3 while the job runs.
type syncedDir struct {
	// below is its path below /opt/ml.
	below          string
	bucket, prefix string
	// restores says that what is in S3 is brought before the start, and that
	// deletions propagate: checkpoints (TrainContainer-10). The others are only
	// uploaded (TrainContainer-11).
	restores bool
}

// profilerDir is where frameworks write what they profile, below /opt/ml.
const profilerDir = "output/profiler"

// syncedDirs are the request's, in the order of the members. Their paths were
// checked before (checkSynced).
func syncedDirs(in *sagemaker.CreateTrainingJobInput) (dirs []syncedDir) {
	add := func(local, uri, name string, restores bool) {
		bucket, prefix, err := parseS3(uri)
		below, ok := belowML(local)
		if err != nil || !ok {
			return
		}
		if name != "" {
			prefix = path.Join(prefix, *in.TrainingJobName, name)
		}
		if prefix = strings.TrimSuffix(prefix, "/"); prefix != "" {
			prefix += "/"
		}
		dirs = append(dirs, syncedDir{below, bucket, prefix, restores})
	}
	if c := in.CheckpointConfig; c != nil {
		add(*c.LocalPath, *c.S3Uri, "", true)
	}
	if c := in.TensorBoardOutputConfig; c != nil {
		add(*c.LocalPath, *c.S3OutputPath, "tensorboard-output", false)
	}
	if c := in.DebugHookConfig; c != nil {
		add(*c.LocalPath, *c.S3OutputPath, "debug-output", false)
	}
	if c := in.ProfilerConfig; c != nil && c.S3OutputPath != nil && !aws.Val(c.DisableProfiler) {
		add("/opt/ml/"+profilerDir, *c.S3OutputPath, "profiler-output", false)
	}
	return dirs
}

// belowML is the path below /opt/ml; ok is false for one that is elsewhere, or
// /opt/ml itself.
func belowML(local string) (below string, ok bool) {
	below, ok = strings.CutPrefix(path.Clean(local), "/opt/ml/")
	return below, ok && filepath.IsLocal(below)
}

// mirrorOf is the mirror of one directory of one host. Checkpoints of all hosts
// share one prefix.
func (s *Service) mirrorOf(w work, host string, d syncedDir) mirror.Config {
	return mirror.Config{
		Store: s.Objects, Bucket: d.bucket, Prefix: d.prefix, Keep: !d.restores,
		Local:   tree.Place{Base: s.mlDir(w, host), Path: d.below},
		Journal: s.journalOf(w, host, d), Logger: s.log(w),
	}
}

// journalOf is where a mirror notes what it has uploaded, out of the program's
// reach and apart from what layOut removes.
func (s *Service) journalOf(w work, host string, d syncedDir) string {
	return filepath.Join(s.syncedDir(w), host, strings.ReplaceAll(d.below, "/", "_"))
}

// syncedDir holds the journals of a job's mirrors.
func (s *Service) syncedDir(w work) string {
	return filepath.Join(s.Dir, ".synced", w.Account, w.Region, w.Name)
}

// restoreCheckpoints brings every host the checkpoints of earlier attempts, or of
// earlier jobs with the same prefix (TrainContainer-10, Ckpt-1).
func (s *Service) restoreCheckpoints(ctx context.Context, w work, r *row) error {
	for _, d := range syncedDirs(&r.Body.Request) {
		for _, h := range r.Body.Hosts {
			if !d.restores {
				continue
			}
			if _, err := mirror.Restore(ctx, s.mirrorOf(w, h.Name, d)); err != nil {
				return s.unfit(err)
			}
		}
	}
	return nil
}

// unfit makes a failure for the user of names that are none.
func (s *Service) unfit(err error) error {
	var unfit *tree.UnfitError
	if errors.As(err, &unfit) {
		return userError("%v", unfit)
	}
	return err
}

// mirrors are all mirrors of a job.
func (s *Service) mirrors(w work, r *row) (all []*mirror.Mirror, err error) {
	for _, d := range syncedDirs(&r.Body.Request) {
		for _, h := range r.Body.Hosts {
			m, err := mirror.Open(s.mirrorOf(w, h.Name, d))
			if err != nil {
				return all, err
			}
			all = append(all, m)
		}
	}
	return all, nil
}

// flushSynced uploads what the mirrors have not yet; the programs have ended.
func (s *Service) flushSynced(ctx context.Context, w work, r *row) error {
	all, err := s.mirrors(w, r)
	for _, m := range all {
		if err == nil {
			err = s.unfit(m.Flush(ctx))
		}
		err = errors.Join(err, m.Close())
	}
	return err
}
