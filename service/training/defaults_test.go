package training

import (
	"reflect"
	"slices"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// What nobody sent is described as it is meant, and what was sent stays
// (CreateTrainingJob-18, CreateTrainingJob-13, DescTJ-17, Stop-2, DescTJ-7, Data-3,
// DescTJ-8, DescTJ-10). The defaults of rules and experiments have no place, for
// both are refused (D-66).
func TestDefaults(t *testing.T) {
	t.Parallel()
	in := request("defaults")
	in.AlgorithmSpecification.TrainingInputMode = sagemaker.TrainingInputModeFastFile
	in.StoppingCondition = &sagemaker.StoppingCondition{}
	in.CheckpointConfig = &sagemaker.CheckpointConfig{S3Uri: aws.Ptr("s3://bucket/c")}
	in.DebugHookConfig = &sagemaker.DebugHookConfig{S3OutputPath: aws.Ptr("s3://bucket/d")}
	in.TensorBoardOutputConfig = &sagemaker.TensorBoardOutputConfig{S3OutputPath: aws.Ptr("s3://bucket/t")}
	setDefaults(in, image.Image{})
	c := in.InputDataConfig[0]
	for name, is := range map[string][2]any{
		"OutputDataConfig.CompressionType":      {in.OutputDataConfig.CompressionType, sagemaker.OutputCompressionTypeGzip},
		"Channel.InputMode":                     {c.InputMode, sagemaker.TrainingInputModeFastFile},
		"Channel.CompressionType":               {c.CompressionType, sagemaker.CompressionTypeNone},
		"Channel.RecordWrapperType":             {c.RecordWrapperType, sagemaker.RecordWrapperNone},
		"S3DataDistributionType":                {c.DataSource.S3DataSource.S3DataDistributionType, sagemaker.S3DataDistributionFullyReplicated},
		"MaxRuntimeInSeconds":                   {*in.StoppingCondition.MaxRuntimeInSeconds, int32(86400)},
		"CheckpointConfig.LocalPath":            {*in.CheckpointConfig.LocalPath, "/opt/ml/checkpoints/"},
		"DebugHookConfig.LocalPath":             {*in.DebugHookConfig.LocalPath, "/opt/ml/output/tensors/"},
		"TensorBoardOutputConfig.LocalPath":     {*in.TensorBoardOutputConfig.LocalPath, "/opt/ml/output/tensorboard"},
		"EnableNetworkIsolation":                {*in.EnableNetworkIsolation, false},
		"EnableInterContainerTrafficEncryption": {*in.EnableInterContainerTrafficEncryption, false},
		"EnableManagedSpotTraining":             {*in.EnableManagedSpotTraining, false},
	} {
		if is[0] != is[1] {
			t.Errorf("%s is %v, want %v", name, is[0], is[1])
		}
	}
	given := full("given")
	want := full("given")
	setDefaults(given, image.Image{})
	if !reflect.DeepEqual(given, want) {
		t.Errorf("defaults changed what was given:\n%+v\nwant\n%+v", given, want)
	}
}

// Time series are kept when somebody asks for them, when the image is one of
// ours, and when there are metrics to keep; Describe shows which
// (CreateTrainingJob-19, DescTJ-14).
func TestTimeSeries(t *testing.T) {
	t.Parallel()
	own := image.Image{BuiltIn: true, Metrics: []image.Metric{{Name: "auc", Regex: "auc=(.*)"}}}
	for name, c := range map[string]struct {
		asked   *bool
		metrics int
		img     image.Image
		want    bool
	}{
		"nothing":                {nil, 0, image.Image{}, false},
		"declined":               {aws.Ptr(false), 0, image.Image{}, false},
		"asked for":              {aws.Ptr(true), 0, image.Image{}, true},
		"metrics":                {nil, 1, image.Image{}, true},
		"declined, with metrics": {aws.Ptr(false), 1, image.Image{}, true},
		"an image of ours":       {nil, 0, image.Image{BuiltIn: true}, true},
		"an image with metrics":  {nil, 0, own, true},
	} {
		in := request("series")
		a := in.AlgorithmSpecification
		a.EnableSageMakerMetricsTimeSeries = c.asked
		for range c.metrics {
			a.MetricDefinitions = append(a.MetricDefinitions, &sagemaker.MetricDefinition{Name: aws.Ptr("loss"), Regex: aws.Ptr("loss=(.*)")})
		}
		setDefaults(in, c.img)
		if *a.EnableSageMakerMetricsTimeSeries != c.want {
			t.Errorf("%s: %v", name, *a.EnableSageMakerMetricsTimeSeries)
		}
	}
}

// An image brings its metric definitions, which Describe shows; the request's own of
// the same name win (CreateTrainingJob-20).
func TestMetricsOfTheImage(t *testing.T) {
	t.Parallel()
	in := request("metrics")
	a := in.AlgorithmSpecification
	a.MetricDefinitions = []*sagemaker.MetricDefinition{{Name: aws.Ptr("auc"), Regex: aws.Ptr("mine=(.*)")}}
	setDefaults(in, image.Image{BuiltIn: true, Metrics: []image.Metric{{Name: "auc", Regex: "auc=(.*)"}, {Name: "loss", Regex: "loss=(.*)"}}})
	var got []string
	for _, d := range a.MetricDefinitions {
		got = append(got, *d.Name+" "+*d.Regex)
	}
	if want := []string{"auc mine=(.*)", "loss loss=(.*)"}; !slices.Equal(got, want) {
		t.Errorf("definitions %q, want %q", got, want)
	}
}

// Every member of a request is kept and described back as it was given, keys and
// security groups with their subnets too (Common-3; Common-7 as far as there are
// networks, D-68); what other services would set when they launch a job is absent
// (DescTJ-21).
func TestDescribedWhole(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	b.fill() // it need not run
	b.create(full("whole"))
	out := reflect.ValueOf(b.describe("whole")).Elem()
	given := reflect.ValueOf(full("whole")).Elem()
	compared := 0
	for i := range given.NumField() {
		name := given.Type().Field(i).Name
		found := out.FieldByName(name)
		switch {
		case given.Field(i).IsZero():
			switch name {
			case "Tags", "DebugRuleConfigurations", "ProfilerRuleConfigurations", "ExperimentConfig":
			default:
				t.Errorf("the test gives no %s", name)
			}
		case !found.IsValid():
			t.Errorf("%s is not described", name)
		case !reflect.DeepEqual(found.Interface(), given.Field(i).Interface()):
			t.Errorf("%s is described as %+v, given was %+v", name, found.Interface(), given.Field(i).Interface())
		default:
			compared++
		}
	}
	if compared < 19 {
		t.Errorf("only %d members were compared", compared)
	}
	for _, name := range []string{"TuningJobArn", "LabelingJobArn", "AutoMLJobArn", "FailureReason", "TrainingStartTime"} {
		if !out.FieldByName(name).IsZero() {
			t.Errorf("%s is %v", name, out.FieldByName(name))
		}
	}
}

// full is a request that leaves out nothing but what is refused.
func full(name string) *sagemaker.CreateTrainingJobInput {
	in := spotRequest(name)
	in.AlgorithmSpecification.MetricDefinitions = []*sagemaker.MetricDefinition{{Name: aws.Ptr("loss"), Regex: aws.Ptr("loss=(.*)")}}
	in.AlgorithmSpecification.EnableSageMakerMetricsTimeSeries = aws.Ptr(true)
	in.AlgorithmSpecification.ContainerEntrypoint, in.AlgorithmSpecification.ContainerArguments = []string{"bash"}, []string{"-c", "true"}
	in.HyperParameters, in.Environment = map[string]string{"eta": "0.1"}, map[string]string{"K": "V"}
	c := in.InputDataConfig[0]
	c.ContentType, c.InputMode = aws.Ptr("text/csv"), sagemaker.TrainingInputModePipe
	c.CompressionType, c.RecordWrapperType = sagemaker.CompressionTypeGzip, sagemaker.RecordWrapperRecordIO
	c.ShuffleConfig = &sagemaker.ShuffleConfig{Seed: aws.Ptr[int64](7)}
	c.DataSource.S3DataSource.S3DataDistributionType = sagemaker.S3DataDistributionShardedByS3Key
	in.OutputDataConfig = &sagemaker.OutputDataConfig{S3OutputPath: aws.Ptr("s3://bucket/out"), KmsKeyId: aws.Ptr("alias/mine"), CompressionType: sagemaker.OutputCompressionTypeNone}
	in.ResourceConfig.VolumeKmsKeyId = aws.Ptr("0123")
	in.StoppingCondition.MaxPendingTimeInSeconds = aws.Ptr[int32](7200)
	in.VpcConfig = &sagemaker.VpcConfig{SecurityGroupIds: []string{"sg-1"}, Subnets: []string{"subnet-1"}}
	in.EnableNetworkIsolation, in.EnableInterContainerTrafficEncryption = aws.Ptr(true), aws.Ptr(true)
	in.CheckpointConfig = &sagemaker.CheckpointConfig{S3Uri: aws.Ptr("s3://bucket/c"), LocalPath: aws.Ptr("/opt/ml/c")}
	in.DebugHookConfig = &sagemaker.DebugHookConfig{S3OutputPath: aws.Ptr("s3://bucket/d"), LocalPath: aws.Ptr("/opt/ml/d")}
	in.TensorBoardOutputConfig = &sagemaker.TensorBoardOutputConfig{S3OutputPath: aws.Ptr("s3://bucket/t"), LocalPath: aws.Ptr("/opt/ml/t")}
	in.ProfilerConfig = &sagemaker.ProfilerConfig{S3OutputPath: aws.Ptr("s3://bucket/p"), ProfilingIntervalInMilliseconds: aws.Ptr[int64](1000)}
	in.RetryStrategy = &sagemaker.RetryStrategy{MaximumRetryAttempts: aws.Ptr[int32](2)}
	in.InfraCheckConfig = &sagemaker.InfraCheckConfig{EnableInfraCheck: aws.Ptr(true)}
	return in
}
