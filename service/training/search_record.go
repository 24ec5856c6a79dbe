package training

import (
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/store"
)

// Searchable makes training jobs a kind that Search finds.
func (s *Service) Searchable() kit.Searchable {
	return kit.NewSearchable(sagemaker.ResourceTypeTrainingJob, jobs.Kind(), jobs.Get, searchRecord)
}

// searchRecord is a job as Search shows it: what Describe answers, without the
// warm pool, profiler rules and the infrastructure check, and with its tags
// (Search-19).
func searchRecord(_ *store.Tx, r *row, tags []*sagemaker.Tag) (*sagemaker.SearchRecord, error) {
	d := describe(r)
	return &sagemaker.SearchRecord{TrainingJob: &sagemaker.TrainingJob{
		TrainingJobName:                       d.TrainingJobName,
		TrainingJobArn:                        d.TrainingJobArn,
		TuningJobArn:                          d.TuningJobArn,
		LabelingJobArn:                        d.LabelingJobArn,
		AutoMLJobArn:                          d.AutoMLJobArn,
		ModelArtifacts:                        d.ModelArtifacts,
		TrainingJobStatus:                     d.TrainingJobStatus,
		SecondaryStatus:                       d.SecondaryStatus,
		FailureReason:                         d.FailureReason,
		HyperParameters:                       d.HyperParameters,
		AlgorithmSpecification:                d.AlgorithmSpecification,
		RoleArn:                               d.RoleArn,
		InputDataConfig:                       d.InputDataConfig,
		OutputDataConfig:                      d.OutputDataConfig,
		ResourceConfig:                        d.ResourceConfig,
		VpcConfig:                             d.VpcConfig,
		StoppingCondition:                     d.StoppingCondition,
		CreationTime:                          d.CreationTime,
		TrainingStartTime:                     d.TrainingStartTime,
		TrainingEndTime:                       d.TrainingEndTime,
		LastModifiedTime:                      d.LastModifiedTime,
		SecondaryStatusTransitions:            d.SecondaryStatusTransitions,
		FinalMetricDataList:                   d.FinalMetricDataList,
		EnableNetworkIsolation:                d.EnableNetworkIsolation,
		EnableInterContainerTrafficEncryption: d.EnableInterContainerTrafficEncryption,
		EnableManagedSpotTraining:             d.EnableManagedSpotTraining,
		CheckpointConfig:                      d.CheckpointConfig,
		TrainingTimeInSeconds:                 d.TrainingTimeInSeconds,
		BillableTimeInSeconds:                 d.BillableTimeInSeconds,
		DebugHookConfig:                       d.DebugHookConfig,
		ExperimentConfig:                      d.ExperimentConfig,
		DebugRuleConfigurations:               d.DebugRuleConfigurations,
		TensorBoardOutputConfig:               d.TensorBoardOutputConfig,
		DebugRuleEvaluationStatuses:           d.DebugRuleEvaluationStatuses,
		ProfilerConfig:                        d.ProfilerConfig,
		Environment:                           d.Environment,
		RetryStrategy:                         d.RetryStrategy,
		Tags:                                  tags,
	}}, nil
}
