package algorithm

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sagebrush/sagebrush/algo/contract"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
)

// newProfiles are the states of a request's profiles before the first has begun.
func newProfiles(in *sagemaker.CreateAlgorithmInput) (list []Profile) {
	if in.ValidationSpecification == nil {
		return nil
	}
	for _, p := range in.ValidationSpecification.ValidationProfiles {
		list = append(list, Profile{
			Name: *p.ProfileName, Status: sagemaker.DetailedAlgorithmStatusNotStarted,
			Job: jobName(*in.AlgorithmName, *p.ProfileName),
		})
	}
	return list
}

// jobName is a name for a profile's training job that nobody has used: names of
// training jobs are never free again, names of algorithms are.
func jobName(algorithm, profile string) string {
	cut := func(s string, n int) string { return strings.TrimRight(s[:min(n, len(s))], "-") }
	return fmt.Sprintf("%s-%s-%s", cut(algorithm, 30), cut(profile, 20), strings.ToLower(rand.Text()[:10]))
}

// jobOf is the training job of a validation profile. It names the image, because
// an algorithm that is being validated cannot be used yet. Neither does it wait
// for spot capacity nor keep its own for a later job, so that two members have
// nothing to say (DescribeAlgorithm-10: the live service forgets them).
func jobOf(in *sagemaker.CreateAlgorithmInput, p *sagemaker.AlgorithmValidationProfile, name string) *sagemaker.CreateTrainingJobInput {
	d := p.TrainingJobDefinition
	resources, stopping := *d.ResourceConfig, *d.StoppingCondition
	resources.KeepAlivePeriodInSeconds, stopping.MaxWaitTimeInSeconds = nil, nil
	return &sagemaker.CreateTrainingJobInput{
		TrainingJobName:        &name,
		AlgorithmSpecification: &sagemaker.AlgorithmSpecification{TrainingImage: in.TrainingSpecification.TrainingImage, TrainingInputMode: d.TrainingInputMode},
		RoleArn:                in.ValidationSpecification.ValidationRole,
		HyperParameters:        d.HyperParameters,
		InputDataConfig:        d.InputDataConfig,
		OutputDataConfig:       d.OutputDataConfig,
		ResourceConfig:         &resources,
		StoppingCondition:      &stopping,
	}
}

// filledJob is the job as it is started, with what the algorithm brings.
func filledJob(in *sagemaker.CreateAlgorithmInput, at int, name string) *sagemaker.CreateTrainingJobInput {
	job := jobOf(in, in.ValidationSpecification.ValidationProfiles[at], name)
	contract.Fill(in.TrainingSpecification, job)
	return job
}

// outcome says how a profile ends with its job: done is false while it runs, and
// reason says why the profile failed, "" if it did not.
func outcome(job *sagemaker.DescribeTrainingJobOutput) (done bool, reason string) {
	name := *job.TrainingJobName
	switch job.TrainingJobStatus {
	case sagemaker.TrainingJobStatusCompleted:
		return true, ""
	case sagemaker.TrainingJobStatusFailed:
		return true, fmt.Sprintf("The training job %s failed: %s", name, aws.Val(job.FailureReason))
	case sagemaker.TrainingJobStatusStopped:
		return true, fmt.Sprintf("The training job %s was stopped before it completed (%s).", name, job.SecondaryStatus)
	}
	return false, ""
}

// refusal says whether err is an answer that will not change: the request's
// fault, not the server's.
func refusal(err error) (message string, ok bool) {
	var e *aws.Error
	if errors.As(err, &e) && e.HTTPStatus() < http.StatusInternalServerError && e.Code != aws.ThrottlingException {
		return e.Message, true
	}
	return "", false
}

// messageOf is what the user is meant to read of err.
func messageOf(err error) string {
	var e *aws.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}
