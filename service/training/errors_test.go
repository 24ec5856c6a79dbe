package training

import (
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/wire/codec"
	"github.com/sagebrush/sagebrush/wire/validate"
)

func operation(t *testing.T, name string) *schema.Operation {
	t.Helper()
	at := slices.IndexFunc(sagemaker.Service.Operations, func(op *schema.Operation) bool { return op.Name == name })
	if at < 0 {
		t.Fatalf("no operation %s", name)
	}
	return sagemaker.Service.Operations[at]
}

// CreateTrainingJob-2, D-62: the errors that the model declares, and when they
// come. ResourceNotFound is for experiments and trials, which are refused as a
// whole until they are there (D-66, CreateTrainingJob-21, DescTJ-20).
func TestDeclaredErrors(t *testing.T) {
	t.Parallel()
	var declared []string
	for _, e := range operation(t, "CreateTrainingJob").Errors {
		declared = append(declared, e.Error.Code)
	}
	slices.Sort(declared)
	if want := []string{"ResourceInUse", "ResourceLimitExceeded", "ResourceNotFound"}; !slices.Equal(declared, want) {
		t.Errorf("declared %q, want %q", declared, want)
	}
	b := setup(t, storetest.SQLite(t))
	b.fill()
	many, experiment := request("many"), request("experiment")
	many.ResourceConfig.InstanceCount = aws.Ptr[int32](33)
	experiment.ExperimentConfig = &sagemaker.ExperimentConfig{ExperimentName: aws.Ptr("none")}
	for _, c := range []struct {
		request *sagemaker.CreateTrainingJobInput
		code    aws.Code
		want    string
	}{
		{request("fill-0"), aws.ResourceInUse, "Training job names must be unique"},
		{many, aws.ResourceLimitExceeded, "33 instances; 32 is the limit"},
		{experiment, aws.ValidationException, "does not support experiments yet (ExperimentConfig)"},
	} {
		if _, err := b.CreateTrainingJob(b.ctx, c.request); aws.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s with %q", err, c.code, c.want)
		}
	}
	many.ResourceConfig.InstanceCount = aws.Ptr[int32](32)
	if err := check(many); err != nil {
		t.Errorf("32 instances: %v", err)
	}
}

// Data and results are in the job's own region (Data-10, X-9, DescTJ-11), unless
// the objects are in an S3 whose regions are not this server's (D-79).
func TestRegions(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	must(t, b.objects.CreateBucket(b.ctx, blob.Bucket{Name: "far", Account: home.Account, Region: "eu-west-1"}))
	_, err := b.objects.Put(b.ctx, "far", "in/a", strings.NewReader("x"), blob.PutOptions{Size: 1})
	must(t, err)
	reads, writes := request("reads"), request("writes")
	reads.InputDataConfig[0].DataSource.S3DataSource.S3Uri = aws.Ptr("s3://far/in/")
	writes.OutputDataConfig.S3OutputPath = aws.Ptr("s3://far/out")
	wants := map[string]*sagemaker.CreateTrainingJobInput{
		`No S3 objects found under S3 URL "s3://far/in/" given in input data source (channel "train"). Please ensure that the bucket exists in the selected region (us-east-1)`: reads,
		`"s3://far/out" is in the region eu-west-1. Give a path in a bucket of the job's own region, us-east-1.`:                                                                writes,
	}
	for want, req := range wants {
		if _, err := b.CreateTrainingJob(b.ctx, req); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	b.ForeignRegions = true
	for _, req := range wants {
		b.create(req)
		if out := b.await(*req.TrainingJobName, ended); out.TrainingJobStatus != sagemaker.TrainingJobStatusCompleted {
			t.Errorf("%s in an S3 with regions of its own: %s", *req.TrainingJobName, aws.Val(out.FailureReason))
		}
	}
}

// What the model itself holds to account before the operation is called: figures,
// lengths and required members (DescTJ-7, DescTJ-15, DescTJ-16, Res-2, Stop-2,
// Stop-5, CreateTrainingJob-5, CreateTrainingJob-11, CreateTrainingJob-15).
func TestModelledConstraints(t *testing.T) {
	t.Parallel()
	const plain = `{"TrainingJobName":"j","AlgorithmSpecification":{"TrainingInputMode":"File"},"RoleArn":"arn:aws:iam::123456789012:role/r",` +
		`"OutputDataConfig":{"S3OutputPath":"s3://b"},"ResourceConfig":{"VolumeSizeInGB":1},"StoppingCondition":{}`
	op := operation(t, "CreateTrainingJob")
	violated := func(body string) string {
		t.Helper()
		in := op.NewInput()
		must(t, codec.DecodeJSON(op.Input, []byte(body), in))
		if err := validate.Input(op.Input, in); err != nil {
			return err.Message
		}
		return ""
	}
	if got := violated(plain + `}`); got != "" {
		t.Fatalf("the plain request: %s", got)
	}
	parameters := make([]string, 101)
	for i := range parameters {
		parameters[i] = `"h` + string(rune('a'+i/26)) + string(rune('a'+i%26)) + `":"1"`
	}
	group := `{"InstanceGroupName":"g","InstanceType":"ml.m5.large","InstanceCount":1}`
	for want, body := range map[string]string{
		`'stoppingCondition.maxPendingTimeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 7200`: `{"StoppingCondition":{"MaxPendingTimeInSeconds":7199}}`,
		`'stoppingCondition.maxPendingTimeInSeconds' failed to satisfy constraint: Member must have value less than or equal to 2419200`: `{"StoppingCondition":{"MaxPendingTimeInSeconds":2419201}}`,
		`'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 1`:        `{"StoppingCondition":{"MaxRuntimeInSeconds":0}}`,
		`'retryStrategy.maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or equal to 30`:             `{"RetryStrategy":{"MaximumRetryAttempts":31}}`,
		`'resourceConfig.volumeSizeInGB' failed to satisfy constraint: Member must not be null`:                                          `{"ResourceConfig":{}}`,
		`'resourceConfig.keepAlivePeriodInSeconds' failed to satisfy constraint: Member must have value less than or equal to 3600`:      `{"ResourceConfig":{"VolumeSizeInGB":1,"KeepAlivePeriodInSeconds":3601}}`,
		`'resourceConfig.instanceGroups' failed to satisfy constraint: Member must have length less than or equal to 5`:                  `{"ResourceConfig":{"VolumeSizeInGB":1,"InstanceGroups":[` + strings.Repeat(group+",", 5) + group + `]}}`,
		`'hyperParameters' failed to satisfy constraint: Member must have length less than or equal to 100`:                              `{"HyperParameters":{` + strings.Join(parameters, ",") + `}}`,
		`'debugHookConfig.s3OutputPath' failed to satisfy constraint: Member must not be null`:                                           `{"DebugHookConfig":{}}`,
		`'tensorBoardOutputConfig.s3OutputPath' failed to satisfy constraint: Member must not be null`:                                   `{"TensorBoardOutputConfig":{}}`,
		`'debugRuleConfigurations.1.member.ruleEvaluatorImage' failed to satisfy constraint: Member must not be null`:                    `{"DebugRuleConfigurations":[{"RuleConfigurationName":"r"}]}`,
	} {
		if got := violated(plain + "," + body[1:]); !strings.Contains(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", body, got, want)
		}
	}
}
