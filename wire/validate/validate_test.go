package validate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/api/sagemakerruntime"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/aws/schema"
	"github.com/sagebrush/sagebrush/wire/codec"
	"github.com/sagebrush/sagebrush/wire/validate"
)

func operation(t testing.TB, svc *schema.Service, name string) *schema.Operation {
	t.Helper()
	for _, op := range svc.Operations {
		if op.Name == name {
			return op
		}
	}
	t.Fatalf("no operation %s", name)
	return nil
}

// check decodes body as an input of the operation and validates it.
func check(t *testing.T, name, body string) *aws.Error {
	t.Helper()
	op := operation(t, sagemaker.Service, name)
	in := op.NewInput()
	if err := codec.DecodeJSON(op.Input, []byte(body), in); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return validate.Input(op.Input, in)
}

func TestMessages(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 2501)
	for _, c := range []struct{ name, op, body, want string }{
		{"pattern and required", "DescribeTrainingJob", `{}`,
			`1 validation error detected: Value null at 'trainingJobName' failed to satisfy constraint: Member must not be null`},
		{"two of one member", "CreateModel", `{"ModelName":"{{ ti.xcom_pull(task_ids='model_training')['Training']['TrainingJobName'] }}","PrimaryContainer":{}}`,
			`2 validation errors detected: Value '{{ ti.xcom_pull(task_ids='model_training')['Training']['TrainingJobName'] }}' at 'modelName' failed to satisfy constraint: Member must have length less than or equal to 63; ` +
				`Value '{{ ti.xcom_pull(task_ids='model_training')['Training']['TrainingJobName'] }}' at 'modelName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9]([\-a-zA-Z0-9]*[a-zA-Z0-9])?`},
		{"deep in a list", "AddTags", `{"ResourceArn":"arn:aws:sagemaker:us-east-1:123456789012:model/m","Tags":[{"Key":"a","Value":"b"},{"Key":"","Value":"v"}]}`,
			`1 validation error detected: Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1`},
		{"null deep in a list", "AddTags", `{"ResourceArn":"arn:aws:sagemaker:us-east-1:123456789012:model/m","Tags":[{"Key":"a"}]}`,
			`1 validation error detected: Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null`},
		{"enum", "ListTrainingJobs", `{"SortBy":"Colour"}`,
			`1 validation error detected: Value 'Colour' at 'sortBy' failed to satisfy constraint: Member must satisfy enum value set: [Name, CreationTime, Status]`},
		{"empty enum", "ListTrainingJobs", `{"SortBy":""}`,
			`1 validation error detected: Value '' at 'sortBy' failed to satisfy constraint: Member must satisfy enum value set: [Name, CreationTime, Status]`},
		{"range", "ListTrainingJobs", `{"MaxResults":101}`,
			`1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100`},
		{"range below", "ListTrainingJobs", `{"MaxResults":0}`,
			`1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1`},
		{"map value", "CreateAction", `{"ActionName":"a","Source":{"SourceUri":"s3://b"},"ActionType":"t","Properties":{"k":"` + strings.Repeat("y", 2501) + `"}}`,
			`Map value must satisfy constraint: [Member must have length less than or equal to 2500, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: .*]`},
		{"map key", "CreateModel", `{"ModelName":"m","PrimaryContainer":{"Environment":{"1A":"b","OK":"c"}}}`,
			`1 validation error detected: Value '{1A=b, OK=c}' at 'primaryContainer.environment' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: [a-zA-Z_][a-zA-Z0-9_]*]`},
		{"list of strings", "CreateModel", `{"ModelName":"m","VpcConfig":{"SecurityGroupIds":["sg-1"],"Subnets":["subnet_1","subnet-2"]}}`,
			`1 validation error detected: Value '[subnet_1, subnet-2]' at 'vpcConfig.subnets' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 32, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: [-0-9a-zA-Z]+]`},
		{"list too short", "CreateModel", `{"ModelName":"m","VpcConfig":{"SecurityGroupIds":[],"Subnets":["subnet-2"]}}`,
			`1 validation error detected: Value '[]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member must have length greater than or equal to 1`},
		{"list of enums", "CreateModelPackage", `{"InferenceSpecification":{"Containers":[{"Image":"i"}],"SupportedTransformInstanceTypes":["ml.x"]}}`,
			`Value '[ml.x]' at 'inferenceSpecification.supportedTransformInstanceTypes' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [ml.m4.xlarge, `},
		{"map of structures", "CreateTrialComponent", `{"TrialComponentName":"t","OutputArtifacts":{"model":{"MediaType":"a/x"}}}`,
			`1 validation error detected: Value null at 'outputArtifacts.model.member.value' failed to satisfy constraint: Member must not be null`},
		{"map too long", "CreateTransformJob", `{"TransformJobName":"t","ModelName":"m","TransformInput":{"DataSource":{"S3DataSource":{"S3DataType":"S3Prefix","S3Uri":"s3://b"}}},"TransformOutput":{"S3OutputPath":"s3://b"},"TransformResources":{"InstanceType":"ml.m5.large","InstanceCount":1},"Environment":{` + manyKeys(17) + `}}`,
			`at 'environment' failed to satisfy constraint: Member must have length less than or equal to 16`},
		{"recursive", "Search", `{"Resource":"TrainingJob","SearchExpression":{"SubExpressions":[{"Filters":[{"Name":"a","Operator":"Is"}]}]}}`,
			`Value 'Is' at 'searchExpression.subExpressions.1.member.filters.1.member.operator' failed to satisfy constraint: Member must satisfy enum value set: [Equals, `},
		{"long value is cut", "CreateTrainingJob", `{"TrainingJobName":"` + long + `"}`, `xxx...' at 'trainingJobName'`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := check(t, c.op, c.body)
			if err == nil {
				t.Fatal("no error")
			}
			if err.Code != aws.ValidationException || err.HTTPStatus() != 400 {
				t.Errorf("%s, status %d", err.Code, err.HTTPStatus())
			}
			if strings.HasPrefix(c.want, "1 ") || strings.HasPrefix(c.want, "2 ") {
				if err.Message != c.want {
					t.Errorf("got  %s\nwant %s", err.Message, c.want)
				}
			} else if !strings.Contains(err.Message, c.want) {
				t.Errorf("got  %s\nwant … %s …", err.Message, c.want)
			}
		})
	}
}

func manyKeys(n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, `"K`+string(rune('A'+i))+`":"v"`)
	}
	return strings.Join(parts, ",")
}

func TestValidInputsPass(t *testing.T) {
	t.Parallel()
	for op, body := range map[string]string{
		"DescribeTrainingJob": `{"TrainingJobName":"mnist-1"}`,
		"ListTrainingJobs":    `{"MaxResults":100,"SortBy":"Name","NameContains":"a-b"}`,
		"CreateModel":         `{"ModelName":"m","PrimaryContainer":{"Image":"x/y:1","Environment":{"_A1":"any\nthing"}},"ExecutionRoleArn":"arn:aws:iam::123456789012:role/r"}`,
		"Search":              `{"Resource":"TrainingJob"}`,
	} {
		if err := check(t, op, body); err != nil {
			t.Errorf("%s: %v", op, err)
		}
	}
}

// Passwords, payloads and the like must not come back in messages or logs.
func TestSensitiveValuesAreNotPrinted(t *testing.T) {
	t.Parallel()
	op := operation(t, sagemakerruntime.Service, "InvokeEndpoint")
	err := validate.Input(op.Input, &sagemakerruntime.InvokeEndpointInput{
		EndpointName:     aws.Ptr("e"),
		Body:             make([]byte, 6291457),
		CustomAttributes: aws.Ptr("sécret"),
	})
	const want = `2 validation errors detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to 6291456; ` +
		`Value at 'customAttributes' failed to satisfy constraint: Member must satisfy regular expression pattern: \p{ASCII}*`
	if err == nil || err.Message != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestUnionNeedsExactlyOneMember(t *testing.T) {
	t.Parallel()
	op := operation(t, sagemaker.Service, "CreateAutoMLJobV2")
	in := &sagemaker.CreateAutoMLJobV2Input{AutoMLProblemTypeConfig: &sagemaker.AutoMLProblemTypeConfig{}}
	err := validate.Input(op.Input, in)
	if err == nil || !strings.Contains(err.Message, "Value at 'autoMLProblemTypeConfig' failed to satisfy constraint: Exactly one member of the union must be set, found 0") {
		t.Errorf("got %v", err)
	}
}

// A flood of violations is counted but not spelled out.
func TestMessageIsBounded(t *testing.T) {
	t.Parallel()
	in := &sagemaker.AddTagsInput{ResourceArn: aws.Ptr("arn:aws:sagemaker:us-east-1:123456789012:model/m")}
	for range 10_000 {
		in.Tags = append(in.Tags, &sagemaker.Tag{})
	}
	err := validate.Input(operation(t, sagemaker.Service, "AddTags").Input, in)
	if err == nil || !strings.HasPrefix(err.Message, "20001 validation errors detected: ") ||
		!strings.HasSuffix(err.Message, "; and 19951 more") || len(err.Message) > 20_000 {
		t.Errorf("got %d bytes: %.100s", len(err.Message), err.Message)
	}
}

func BenchmarkInputCreateTrainingJob(b *testing.B) {
	op := operation(b, sagemaker.Service, "CreateTrainingJob")
	in := op.NewInput()
	const body = `{"TrainingJobName": "xgboost-2023-12-15-08-30-00-123", "HyperParameters": {"max_depth": "5", "eta": "0.2", "gamma": "4", "min_child_weight": "6", "subsample": "0.8", "objective": "binary:logistic", "num_round": "100"}, "AlgorithmSpecification": {"TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1", "TrainingInputMode": "File", "MetricDefinitions": [{"Name": "train:auc", "Regex": ".*train-auc:([0-9.]+).*"}]}, "RoleArn": "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-20231215T083000", "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://sagemaker-us-east-1-123456789012/breast-cancer/train", "S3DataDistributionType": "FullyReplicated"}}, "ContentType": "text/csv", "CompressionType": "None"}], "OutputDataConfig": {"S3OutputPath": "s3://sagemaker-us-east-1-123456789012/breast-cancer/output"}, "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}, "StoppingCondition": {"MaxRuntimeInSeconds": 86400}, "Tags": [{"Key": "project", "Value": "first-model"}]}`
	if err := codec.DecodeJSON(op.Input, []byte(body), in); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := validate.Input(op.Input, in); err != nil {
			b.Fatal(err)
		}
	}
}

// Gen-9: values that enums hold without a word of documentation are values like any
// other for the model: filters and descriptions take them.
func TestReservedValues(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"CreateApp", `{"DomainId":"d-1","UserProfileName":"u","AppName":"default","AppType":"%s"} VSCode Savitur DetailedProfiler DatasetManager SageMakerLite Local`},
		{"DescribeApp", `{"DomainId":"d-1","UserProfileName":"u","AppName":"default","AppType":"%s"} VSCode Savitur DetailedProfiler DatasetManager SageMakerLite Local`},
		{"ListHyperParameterTuningJobs", `{"StatusEquals":"%s"} Deleting DeleteFailed`},
		{"ListInferenceRecommendationsJobs", `{"StatusEquals":"%s"} DELETING DELETED`},
		{"ListInferenceRecommendationsJobSteps", `{"JobName":"j","Status":"%s"} DELETING DELETED`},
	} {
		body, values, _ := strings.Cut(c[1], " ")
		for value := range strings.FieldsSeq(values) {
			if err := check(t, c[0], strings.Replace(body, "%s", value, 1)); err != nil {
				t.Errorf("%s: %s", c[0], err.Message)
			}
		}
		if err := check(t, c[0], strings.Replace(body, "%s", "Nope", 1)); err == nil || !strings.Contains(err.Message, "enum value set") {
			t.Errorf("%s takes Nope: %v", c[0], err)
		}
	}
	for _, status := range []string{"Pending", "Updating", "Restarting"} {
		s := operation(t, sagemaker.Service, "DescribeTrainingJob").Output
		for _, m := range s.Members {
			if m.Name == "SecondaryStatus" && !slices.Contains(m.Shape.Enum, status) {
				t.Errorf("SecondaryStatus lacks %s", status)
			}
		}
	}
}
