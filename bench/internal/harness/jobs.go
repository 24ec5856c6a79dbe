package harness

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/service/training"
	"github.com/sagebrush/sagebrush/store"
)

// Image and Bucket are what the benchmarks' jobs use.
const (
	Image  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/bench:1"
	Bucket = "bench-output"
	Role   = "arn:aws:iam::123456789012:role/Bench"
)

// JobInput is the CreateTrainingJob request of the benchmarks.
func JobInput(name, image string) *sagemaker.CreateTrainingJobInput {
	return &sagemaker.CreateTrainingJobInput{
		TrainingJobName: &name,
		AlgorithmSpecification: &sagemaker.AlgorithmSpecification{
			TrainingImage: &image, TrainingInputMode: sagemaker.TrainingInputModeFile,
		},
		RoleArn:           aws.Ptr(Role),
		HyperParameters:   map[string]string{"max_depth": "5", "eta": "0.2", "objective": "binary:logistic", "num_round": "100"},
		OutputDataConfig:  &sagemaker.OutputDataConfig{S3OutputPath: aws.Ptr("s3://" + Bucket + "/out")},
		ResourceConfig:    &sagemaker.ResourceConfig{InstanceType: "ml.m5.large", InstanceCount: aws.Ptr(int32(1)), VolumeSizeInGB: aws.Ptr(int32(10))},
		StoppingCondition: &sagemaker.StoppingCondition{MaxRuntimeInSeconds: aws.Ptr(int32(3600))},
	}
}

// JobName is the name of the i-th stored job.
func JobName(i int) string { return fmt.Sprintf("stored-%06d", i) }

// Seed stores n completed jobs in the data directory of a server that is not running.
func Seed(ctx context.Context, dir string, n int) error {
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "sagebrush.db"), store.Options{})
	if err != nil {
		return err
	}
	table := store.NewTable[training.Job]("training-job")
	scope := aws.Scope{Account: Account, Region: Region}
	for done := 0; done < n && err == nil; done += 1000 {
		err = db.Update(ctx, func(tx *store.Tx) error {
			for i := done; i < min(n, done+1000); i++ {
				if err := table.Insert(tx, Completed(scope, JobName(i), tx.Now)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	return err
}

// Completed is the row of a job that ended well.
func Completed(scope aws.Scope, name string, now time.Time) *store.Row[training.Job] {
	begun, job := now.Add(-time.Minute), training.Job{Request: *JobInput(name, Image), Secondary: sagemaker.SecondaryStatusCompleted, Claimed: true}
	for _, s := range []sagemaker.SecondaryStatus{sagemaker.SecondaryStatusStarting, sagemaker.SecondaryStatusTraining, sagemaker.SecondaryStatusUploading, sagemaker.SecondaryStatusCompleted} {
		job.History = append(job.History, training.HistoryEntry{Status: s, Message: "A message of the usual length", Start: begun, End: &now})
	}
	job.StartedAt, job.EndedAt = &begun, &now
	job.ModelArtifacts = "s3://" + Bucket + "/out/" + name + "/output/model.tar.gz"
	return &store.Row[training.Job]{
		Scope: scope, Name: name, ARN: aws.SageMakerARN(scope, "training-job", name),
		Status: string(sagemaker.TrainingJobStatusCompleted), Body: job,
	}
}

// WaitFor waits until the job has that secondary status; a job that ends
// otherwise is an error.
func (s *Server) WaitFor(ctx context.Context, job, secondary string) error {
	var last struct{ TrainingJobStatus, SecondaryStatus, FailureReason string }
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if err := s.Call(ctx, "SageMaker.DescribeTrainingJob", "sagemaker", map[string]string{"TrainingJobName": job}, &last); err != nil {
			return err
		}
		if last.SecondaryStatus == secondary {
			return nil
		}
		if last.TrainingJobStatus != "InProgress" {
			break
		}
	}
	return fmt.Errorf("the job %s is %s, not %s: %s", job, last.SecondaryStatus, secondary, last.FailureReason)
}

// HoldQueue starts a job that waits until the file hold is gone, and makes what
// other jobs need: with one job at a time, they stay queued.
func (s *Server) HoldQueue(ctx context.Context, hold string) error {
	wait := fmt.Sprintf("#!/bin/sh\nwhile [ -e %s ]; do sleep 1; done\n", hold)
	if err := s.AddImage(Image, wait); err != nil {
		return err
	}
	if err := s.MakeBucket(ctx, Bucket); err != nil {
		return err
	}
	if err := s.Call(ctx, "SageMaker.CreateTrainingJob", "sagemaker", JobInput("holder", Image), nil); err != nil {
		return err
	}
	return s.WaitFor(ctx, "holder", "Training")
}

// CountJobs counts the jobs of a status by listing them.
func (s *Server) CountJobs(ctx context.Context, status string) (n int, err error) {
	in := map[string]any{"StatusEquals": status, "MaxResults": 100}
	for {
		var page struct {
			TrainingJobSummaries []struct{}
			NextToken            string
		}
		if err := s.Call(ctx, "SageMaker.ListTrainingJobs", "sagemaker", in, &page); err != nil {
			return 0, err
		}
		if n += len(page.TrainingJobSummaries); page.NextToken == "" {
			return n, nil
		}
		in["NextToken"] = page.NextToken
	}
}
