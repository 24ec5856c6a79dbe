package training

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// DescribeTrainingJob answers everything known of a job (DescTJ-*).
func (s *Service) DescribeTrainingJob(ctx context.Context, in *sagemaker.DescribeTrainingJobInput) (*sagemaker.DescribeTrainingJobOutput, error) {
	var r *row
	err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
		r, err = jobs.Shared(tx, aws.ScopeFrom(ctx), *in.TrainingJobName)
		return notFound(err)
	})
	if err != nil {
		return nil, err
	}
	return describe(r), nil
}

func notFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return aws.Invalid("Requested resource not found.")
	}
	return err
}

// describe is the answer for a row. Parts that the job has not reached are
// absent (DescTJ-1), but ModelArtifacts is always there.
func describe(r *row) *sagemaker.DescribeTrainingJobOutput {
	j, q := &r.Body, &r.Body.Request
	out := &sagemaker.DescribeTrainingJobOutput{
		TrainingJobName:                       &r.Name,
		TrainingJobArn:                        &r.ARN,
		ModelArtifacts:                        &sagemaker.ModelArtifacts{S3ModelArtifacts: &j.ModelArtifacts},
		TrainingJobStatus:                     sagemaker.TrainingJobStatus(r.Status),
		SecondaryStatus:                       j.Secondary,
		HyperParameters:                       q.HyperParameters,
		AlgorithmSpecification:                q.AlgorithmSpecification,
		RoleArn:                               q.RoleArn,
		InputDataConfig:                       q.InputDataConfig,
		OutputDataConfig:                      q.OutputDataConfig,
		ResourceConfig:                        q.ResourceConfig,
		VpcConfig:                             q.VpcConfig,
		StoppingCondition:                     q.StoppingCondition,
		CreationTime:                          &r.CreatedAt,
		TrainingStartTime:                     j.StartedAt,
		TrainingEndTime:                       j.EndedAt,
		LastModifiedTime:                      &r.ModifiedAt,
		EnableNetworkIsolation:                q.EnableNetworkIsolation,
		EnableInterContainerTrafficEncryption: q.EnableInterContainerTrafficEncryption,
		EnableManagedSpotTraining:             q.EnableManagedSpotTraining,
		CheckpointConfig:                      q.CheckpointConfig,
		DebugHookConfig:                       q.DebugHookConfig,
		ExperimentConfig:                      q.ExperimentConfig,
		DebugRuleConfigurations:               q.DebugRuleConfigurations,
		TensorBoardOutputConfig:               q.TensorBoardOutputConfig,
		ProfilerConfig:                        q.ProfilerConfig,
		ProfilerRuleConfigurations:            q.ProfilerRuleConfigurations,
		Environment:                           q.Environment,
		RetryStrategy:                         q.RetryStrategy,
		InfraCheckConfig:                      q.InfraCheckConfig,
	}
	if j.FailureReason != "" {
		out.FailureReason = &j.FailureReason
	}
	for i := range j.History {
		h := &j.History[i]
		out.SecondaryStatusTransitions = append(out.SecondaryStatusTransitions, &sagemaker.SecondaryStatusTransition{
			Status: h.Status, StartTime: &h.Start, EndTime: h.End, StatusMessage: &h.Message,
		})
	}
	for i := range j.Metrics {
		m := &j.Metrics[i]
		value := float32(m.Value)
		out.FinalMetricDataList = append(out.FinalMetricDataList, &sagemaker.MetricData{MetricName: &m.Name, Value: &value, Timestamp: &m.Time})
	}
	out.WarmPoolStatus = describePool(j.Pool)
	if p := q.ProfilerConfig; p != nil && p.S3OutputPath != nil && !aws.Val(p.DisableProfiler) {
		out.ProfilingStatus = sagemaker.ProfilingStatusEnabled
	} else if p != nil {
		out.ProfilingStatus = sagemaker.ProfilingStatusDisabled
	}
	if j.StartedAt != nil && j.EndedAt != nil {
		// The time between two attempts of a spot job is not billed (CreateTrainingJob-28).
		out.TrainingTimeInSeconds = aws.Ptr(wholeSeconds(j.EndedAt.Sub(*j.StartedAt)))
		out.BillableTimeInSeconds = aws.Ptr(wholeSeconds(j.Ran))
	}
	return out
}

// wholeSeconds rounds up: the model's minimum is 1.
func wholeSeconds(d time.Duration) int32 {
	return int32(max(1, math.Ceil(d.Seconds())))
}
