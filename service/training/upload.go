package training

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
)

// finish uploads the results and ends the job: Completed, or Failed with the
// reason that was found when the program ended. A failed job's output is kept,
// its model is not: nobody should deploy it.
func (s *Service) finish(ctx context.Context, w work, r *row) error {
	failed := r.Body.Failure != ""
	if err := s.uploadResults(ctx, w, r, !failed); err != nil && !failed {
		return err
	} else if err != nil {
		s.log(w).Warn("the output of the failed job could not be uploaded", "error", err)
	}
	if failed {
		return s.fail(ctx, r, r.Body.Failure)
	}
	return s.commit(ctx, r, func(tx *store.Tx) error {
		return fire(complete, r, tx.Now, "Training job completed")
	})
}

// uploadResults archives /opt/ml/model and /opt/ml/output/data
// (TrainContainer-8, -9) and notes where the model is.
func (s *Service) uploadResults(ctx context.Context, w work, r *row, model bool) error {
	in := &r.Body.Request
	plain := in.OutputDataConfig.CompressionType == sagemaker.OutputCompressionTypeNone
	if model {
		bucket, key, err := outputURI(in, "model.tar.gz")
		if plain {
			bucket, key, err = outputURI(in, "model")
			key += "/"
		}
		if err != nil {
			return err
		}
		if err := s.uploadDir(ctx, s.modelDir(w), bucket, key, plain); err != nil {
			return err
		}
		r.Body.ModelArtifacts = "s3://" + bucket + "/" + key
	}
	if !own(s.mlDir(w), "output", "data") {
		return nil
	}
	if entries, err := os.ReadDir(s.outputDir(w)); err != nil || len(entries) == 0 {
		return ignoreMissing(err)
	}
	bucket, key, err := outputURI(in, "output.tar.gz")
	if plain {
		bucket, key, err = outputURI(in, "output")
		key += "/"
	}
	if err != nil {
		return err
	}
	return s.uploadDir(ctx, s.outputDir(w), bucket, key, plain)
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

// uploadDir uploads a directory as one archive, or as plain files below key.
func (s *Service) uploadDir(ctx context.Context, dir, bucket, key string, plain bool) error {
	if plain {
		return s.uploadTree(ctx, dir, bucket, key)
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(archive(w, dir)) }()
	defer r.Close()
	_, err := s.Objects.Put(ctx, bucket, key, r, blob.PutOptions{Size: -1, Info: blob.Info{ContentType: "application/x-tar"}})
	return err
}

// archive writes dir as tar.gz. Member names are relative to dir
// (TrainContainer-8). Links are archived as links and never followed, so that
// an archive holds only what the program wrote; sockets, pipes and devices have
// no content and are left out.
func archive(w io.Writer, dir string) error {
	compressor, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	out := tar.NewWriter(compressor)
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return ignoreMissing(err)
		}
		return addMember(out, dir, name, d)
	})
	return errors.Join(err, out.Close(), compressor.Close())
}

func addMember(out *tar.Writer, dir, name string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	link := ""
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		if link, err = os.Readlink(name); err != nil {
			return err
		}
	case !info.Mode().IsRegular() && !info.IsDir():
		return nil
	}
	header, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(dir, name)
	if err != nil {
		return err
	}
	header.Name = filepath.ToSlash(rel)
	if info.IsDir() {
		header.Name += "/"
	}
	header.Uid, header.Gid, header.Uname, header.Gname = 0, 0, "", ""
	if err := out.WriteHeader(header); err != nil || !info.Mode().IsRegular() {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyN(out, f, info.Size())
	return err
}

// uploadTree uploads the regular files below dir, each under its own key.
func (s *Service) uploadTree(ctx context.Context, dir, bucket, prefix string) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return ignoreMissing(err)
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		_, err = s.Objects.Put(ctx, bucket, path.Join(prefix, filepath.ToSlash(rel)), f, blob.PutOptions{Size: info.Size()})
		return err
	})
}
