package training

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/artifact"
	"github.com/sagebrush/sagebrush/artifact/tree"
	"github.com/sagebrush/sagebrush/store"
)

// finish uploads the results and ends the job: Completed, or Failed with the
// reason that was found when the programs ended. A failed job's output is kept,
// its model is not: nobody should deploy it (D-4).
func (s *Service) finish(ctx context.Context, w work, r *row) error {
	failed := r.Body.Failure != ""
	err := s.flushSynced(ctx, w, r)
	if err == nil {
		err = s.keepCache(w, r)
	}
	if err == nil {
		err = s.uploadResults(ctx, w, r, !failed)
	}
	switch {
	case err != nil && !failed:
		return err
	case err != nil:
		s.log(w).Warn("the output of the failed job could not be uploaded", "error", err)
	}
	if failed {
		return s.fail(ctx, r, r.Body.Failure)
	}
	return s.commit(ctx, r, func(tx *store.Tx) error {
		if err := fire(complete, r, tx.Now, "Training job completed"+r.Body.bill(tx.Now)); err != nil {
			return err
		}
		return s.conclude(tx, r)
	})
}

// uploadResults archives what all hosts left in /opt/ml/model and
// /opt/ml/output/data (TrainContainer-8, -9) and notes where the model is.
func (s *Service) uploadResults(ctx context.Context, w work, r *row, model bool) error {
	in := &r.Body.Request
	plain := in.OutputDataConfig.CompressionType == sagemaker.OutputCompressionTypeNone
	send := func(below, name string, optional bool) (uri string, err error) {
		var from []tree.Place
		for _, h := range r.Body.Hosts {
			from = append(from, tree.Place{Base: s.mlDir(w, h.Name), Path: below})
		}
		bucket, key, err := outputURI(in, name+".tar.gz")
		if plain {
			bucket, key, err = outputURI(in, name)
			key += "/"
		}
		if err != nil {
			return "", err
		}
		return "s3://" + bucket + "/" + key, s.send(ctx, from, bucket, key, plain, optional)
	}
	if model {
		uri, err := send("model", "model", false)
		if err != nil {
			return err
		}
		r.Body.ModelArtifacts = uri
	}
	_, err := send("output/data", "output", true)
	return err
}

// outputURI is where the results of a job go (TrainContainer-8).
func outputURI(in *sagemaker.CreateTrainingJobInput, name string) (bucket, key string, err error) {
	bucket, prefix, err := parseS3(*in.OutputDataConfig.S3OutputPath)
	return bucket, path.Join(prefix, *in.TrainingJobName, "output", name), err
}

// own says whether a directory of the job is still one of the job's: a program
// can put a link in its place, or in that of one above it, and what that leads
// to is nobody's result.
func own(ml string, parts ...string) bool {
	for _, part := range parts {
		ml = filepath.Join(ml, part)
		if info, err := os.Lstat(ml); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// send uploads what the hosts have below a directory: as one archive, or as plain
// files. Optional results that nobody left are not uploaded.
func (s *Service) send(ctx context.Context, from []tree.Place, bucket, key string, plain, optional bool) error {
	if optional {
		if some, err := artifact.HasContent(ctx, from); err != nil || !some {
			return s.unfit(err)
		}
	}
	to := artifact.Object{Store: s.Objects, Bucket: bucket, Key: key}
	var err error
	if plain {
		_, err = artifact.Files(ctx, to, from)
	} else {
		_, err = artifact.Archive(ctx, to, from)
	}
	return s.unfit(err)
}
