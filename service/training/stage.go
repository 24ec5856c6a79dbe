package training

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/channel"
)

// Data brings channels' data to hosts; *channel.Manager does.
type Data interface {
	Look(ctx context.Context, scope aws.Scope, c channel.Channel) (found bool, err error)
	Stage(ctx context.Context, r channel.Request) error
	Await(ctx context.Context, id string) (reason string, err error)
	Failure(id string) (reason string, fatal bool, err error)
	Release(ctx context.Context, id string) error
	CleanUp(ctx context.Context, keep func(id string) bool) error
}

// progressTick is how often the message of a status tells how far it is.
const progressTick = time.Second

// s3Channels are the request's channels from S3, with their effective settings.
func s3Channels(in *sagemaker.CreateTrainingJobInput) (channels []channel.Channel) {
	for _, c := range in.InputDataConfig {
		if made, ok := channel.FromAPI(c, in.AlgorithmSpecification.TrainingInputMode); ok {
			channels = append(channels, made)
		}
	}
	return channels
}

// dataID names the job's data, all attempts'.
func (w work) dataID() string { return "training/" + w.key() }

// regionOfData is the region that the buckets of a job in that region must be in
// (Data-10), "" where the objects are in an S3 that has regions of its own.
func (s *Service) regionOfData(region string) string {
	if s.ForeignRegions {
		return ""
	}
	return region
}

// stage brings every host the data of its channels, or begins to (TrainData-1 … -3).
func (s *Service) stage(ctx context.Context, w work, r *row) error {
	request := channel.Request{ID: w.dataID(), Account: w.Account, Region: s.regionOfData(w.Region), Channels: s3Channels(&r.Body.Request)}
	if len(request.Channels) == 0 {
		return nil
	}
	for _, h := range r.Body.Hosts {
		request.Hosts = append(request.Hosts, channel.Host{Name: h.Name, Dir: s.mlDir(w, h.Name), Group: h.Group})
		if volume := s.limits(&r.Body.Request, h).DiskBytes; request.VolumeBytes == 0 || volume < request.VolumeBytes {
			request.VolumeBytes = volume
		}
	}
	tell := s.progress(ctx, w, r)
	request.Progress = func(done, total int64) {
		tell(fmt.Sprintf("Downloading input data: %d of %d MB", done/1e6, total/1e6))
	}
	err := s.Data.Stage(ctx, request)
	if mine := (*channel.Error)(nil); errors.As(err, &mine) {
		return userError("%s", mine.Reason)
	}
	return err
}

// unstage ends what brings data while the programs run.
func (s *Service) unstage(ctx context.Context, w work, r *row) error {
	if len(s3Channels(&r.Body.Request)) == 0 {
		return nil
	}
	return s.Data.Release(ctx, w.dataID())
}

// streams says whether some channel is read while the programs run.
func streams(in *sagemaker.CreateTrainingJobInput) bool {
	for _, c := range s3Channels(in) {
		if c.Mode != channel.File {
			return true
		}
	}
	return false
}

// guardData ends the programs when their data cannot go on: they could take a
// part of it for the whole. It returns when ctx ends.
func (s *Service) guardData(ctx context.Context, w work, r *row, end func()) {
	if !streams(&r.Body.Request) {
		return
	}
	reason, err := s.Data.Await(ctx, w.dataID())
	switch {
	case err != nil && ctx.Err() == nil:
		s.log(w).Warn("the data of the job is not watched", "error", err)
	case reason != "":
		s.log(w).Info("the job's data cannot go on", "reason", reason)
		end()
	}
}

// dataFailure is why the job's data could not be brought while its programs ran,
// "" when nothing failed. fatal says that a program cannot have noticed.
func (s *Service) dataFailure(w work, r *row) (reason string, fatal bool, err error) {
	if !streams(&r.Body.Request) {
		return "", false, nil
	}
	return s.Data.Failure(w.dataID())
}
