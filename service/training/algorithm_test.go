package training

import (
	"context"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// oneAlgorithm is the algorithm "mine" of the home account.
type oneAlgorithm struct {
	spec *sagemaker.TrainingSpecification
}

func (a oneAlgorithm) TrainingSpecification(_ context.Context, _ aws.Scope, name string) (*sagemaker.TrainingSpecification, string, error) {
	if name != "mine" {
		return nil, "", aws.Invalid("Algorithm %s does not exist.", name)
	}
	return a.spec, "arn:aws:sagemaker:us-east-1:123456789012:algorithm/mine", nil
}

// CreateTrainingJob-3, CreateTrainingJob-4, CreateAlgorithm-4, DescribeAlgorithm-5,
// DescribeAlgorithm-6: a job that names an algorithm
// keeps its contract, runs its image and has its metrics and defaults; Describe
// names the algorithm and no image.
func TestJobOfAlgorithm(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	b.Algorithms = oneAlgorithm{&sagemaker.TrainingSpecification{
		TrainingImage:                  aws.Ptr("algorithm/image:1"),
		SupportedTrainingInstanceTypes: []sagemaker.TrainingInstanceType{"ml.m5.large"},
		SupportedHyperParameters:       []*sagemaker.HyperParameterSpecification{{Name: aws.Ptr("eta"), Type: "Continuous", DefaultValue: aws.Ptr("0.3")}},
		MetricDefinitions:              []*sagemaker.MetricDefinition{{Name: aws.Ptr("loss"), Regex: aws.Ptr("loss=(.*)")}},
		TrainingChannels: []*sagemaker.ChannelSpecification{{
			Name: aws.Ptr("train"), SupportedContentTypes: []string{"text/csv"}, SupportedInputModes: []sagemaker.TrainingInputMode{"File"},
		}},
	}}
	of := func(name string) *sagemaker.CreateTrainingJobInput {
		req := request(name)
		req.AlgorithmSpecification.TrainingImage, req.AlgorithmSpecification.AlgorithmName = nil, aws.Ptr("mine")
		req.InputDataConfig[0].ContentType = aws.Ptr("text/csv")
		return req
	}
	good := of("good")
	good.Environment = map[string]string{"FAKE_LOG": "loss=0.5"}
	b.create(good)
	out := b.await("good", ended)
	if out.TrainingJobStatus != "Completed" || out.AlgorithmSpecification.TrainingImage != nil || *out.AlgorithmSpecification.AlgorithmName != "mine" {
		t.Errorf("%s: %+v", out.TrainingJobStatus, out.AlgorithmSpecification)
	}
	if out.HyperParameters["eta"] != "0.3" || len(out.FinalMetricDataList) != 1 {
		t.Errorf("hyperparameters %v, metrics %v", out.HyperParameters, out.FinalMetricDataList)
	}
	two := of("two")
	two.ResourceConfig.InstanceCount = aws.Ptr[int32](2)
	other := of("other")
	other.AlgorithmSpecification.AlgorithmName = aws.Ptr("other")
	for want, req := range map[string]*sagemaker.CreateTrainingJobInput{
		"does not support distributed training": two, "Algorithm other does not exist": other,
	} {
		if _, err := b.CreateTrainingJob(b.ctx, req); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
