package experiment

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// The names of what a job's component says beside hyperparameters and channels.
const (
	parameterImage    = "SageMaker.ImageUri"
	parameterType     = "SageMaker.InstanceType"
	parameterCount    = "SageMaker.InstanceCount"
	parameterVolume   = "SageMaker.VolumeSizeInGB"
	artifactModel     = "SageMaker.ModelArtifact"
	artifactDebugHook = "SageMaker.DebugHookOutput"
)

// jobStatus is the status of a job's component. The message's form is the live
// service's.
func jobStatus(job *sagemaker.DescribeTrainingJobOutput) *sagemaker.TrialComponentStatus {
	message := fmt.Sprintf("Status: %s, secondary status: %s, failure reason: %s.", job.TrainingJobStatus, job.SecondaryStatus, aws.Val(job.FailureReason))
	if runes := []rune(message); len(runes) > maxMessage {
		message = string(runes[:maxMessage-1]) + "…"
	}
	return &sagemaker.TrialComponentStatus{PrimaryStatus: sagemaker.TrialComponentPrimaryStatus(job.TrainingJobStatus), Message: &message}
}

// maxMessage is the longest message of a component's status.
const maxMessage = 1024

// jobParameters are the hyperparameters of a job and the facts of its instances.
func jobParameters(job *sagemaker.DescribeTrainingJobOutput, image string) parameters {
	p := parameters{}
	text := func(name, value string) {
		p[name] = &sagemaker.TrialComponentParameterValue{StringValue: &value}
	}
	number := func(name string, value float64) {
		p[name] = &sagemaker.TrialComponentParameterValue{NumberValue: &value}
	}
	for name, value := range job.HyperParameters {
		if x, err := strconv.ParseFloat(value, 64); err == nil && !math.IsNaN(x) && !math.IsInf(x, 0) && !strings.ContainsAny(value, "_xXpP") {
			number(name, x)
		} else {
			text(name, value)
		}
	}
	text(parameterImage, image)
	if r := job.ResourceConfig; r != nil {
		if r.InstanceType != "" {
			text(parameterType, string(r.InstanceType))
		}
		if r.InstanceCount != nil {
			number(parameterCount, float64(*r.InstanceCount))
		}
		if r.VolumeSizeInGB != nil {
			number(parameterVolume, float64(*r.VolumeSizeInGB))
		}
	}
	return p
}

// jobInputs are the channels of a job.
func jobInputs(job *sagemaker.DescribeTrainingJobOutput) artifacts {
	a := artifacts{}
	for _, c := range job.InputDataConfig {
		place := ""
		switch d := c.DataSource; {
		case d == nil:
		case d.S3DataSource != nil:
			place = *d.S3DataSource.S3Uri
		case d.FileSystemDataSource != nil:
			place = *d.FileSystemDataSource.FileSystemId + ":" + *d.FileSystemDataSource.DirectoryPath
		}
		a[*c.ChannelName] = &sagemaker.TrialComponentArtifact{Value: aws.Ptr(place), MediaType: c.ContentType}
	}
	return a
}

// jobOutputs are what a job has left so far.
func jobOutputs(job *sagemaker.DescribeTrainingJobOutput) artifacts {
	a := artifacts{}
	if m := job.ModelArtifacts; m != nil && aws.Val(m.S3ModelArtifacts) != "" {
		a[artifactModel] = &sagemaker.TrialComponentArtifact{Value: m.S3ModelArtifacts}
	}
	if h := job.DebugHookConfig; h != nil {
		a[artifactDebugHook] = &sagemaker.TrialComponentArtifact{Value: h.S3OutputPath}
	}
	return a
}
