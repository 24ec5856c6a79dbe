package training

import (
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit/kittest"
)

// CreateTrainingJob-22, CreateTrainingJob-23, DescTJ-2: every secondary status of the model is reached
// by a transition or listed as reserved, and never both. The page in docs/ is drawn from the table;
// make generate redraws it.
func TestDiagramIsCurrent(t *testing.T) {
	t.Parallel()
	kittest.Page(t, "Training job", "The states are secondary statuses; the primary status follows from them.\n",
		kittest.States(t, kittest.Enum(t, "DescribeTrainingJob", "SecondaryStatus"), Transitions, Reserved, sagemaker.SecondaryStatusStarting))
}

// CreateTrainingJob-25: the history is complete, each entry ends where the next
// one starts, and the primary status follows.
func TestHistory(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r := &row{Name: "job"}
	begin(r, at)
	started := at
	r.Body.StartedAt = &started
	for _, tr := range []transition{download, train, upload, complete} {
		at = at.Add(time.Second)
		if err := fire(tr, r, at, tr.Name); err != nil {
			t.Fatal(err)
		}
	}
	if r.Status != "Completed" || len(r.Body.History) != 5 || r.Body.EndedAt == nil || !r.Body.EndedAt.Equal(at) {
		t.Fatalf("%s, %+v, ended %v", r.Status, r.Body.History, r.Body.EndedAt)
	}
	for i, h := range r.Body.History[:4] {
		if h.End == nil || !h.End.Equal(r.Body.History[i+1].Start) {
			t.Errorf("entry %d ends at %v", i, h.End)
		}
	}
	if err := fire(stop, r, at, ""); err == nil || r.Status != "Completed" {
		t.Errorf("a completed job was moved: %v, %s", err, r.Status)
	}
}

// The life cycle as next decides it: every state that is not terminal has a
// step, and a job that is stopping is wound down whatever else is true.
func TestNext(t *testing.T) {
	t.Parallel()
	launched := []Host{{Name: "algo-1", Handle: []byte("{}")}}
	for _, c := range []struct {
		job  Job
		want step
	}{
		{Job{Secondary: sagemaker.SecondaryStatusStarting}, stepClaim},
		{Job{Secondary: sagemaker.SecondaryStatusStarting, Claimed: true}, stepPrepare},
		{Job{Secondary: sagemaker.SecondaryStatusDownloading, Claimed: true}, stepDownload},
		{Job{Secondary: sagemaker.SecondaryStatusTraining, Claimed: true}, stepLaunch},
		{Job{Secondary: sagemaker.SecondaryStatusTraining, Claimed: true, Hosts: launched}, stepWatch},
		{Job{Secondary: sagemaker.SecondaryStatusInterrupted, Claimed: true, Hosts: launched}, stepReclaim},
		{Job{Secondary: sagemaker.SecondaryStatusStarting, Attempt: 1}, stepClaim},
		{Job{Secondary: sagemaker.SecondaryStatusUploading, Claimed: true, Hosts: launched}, stepUpload},
		{Job{Secondary: sagemaker.SecondaryStatusStopping}, stepWindDown},
		{Job{Secondary: sagemaker.SecondaryStatusStopping, Claimed: true, Hosts: launched}, stepWindDown},
		{Job{Secondary: sagemaker.SecondaryStatusCompleted, Claimed: true}, stepClean},
		{Job{Secondary: sagemaker.SecondaryStatusMaxRuntimeExceeded, Claimed: true}, stepClean},
	} {
		if got := next(&c.job); got != c.want {
			t.Errorf("next(%s, claimed %v, hosts %v) = %s, want %s", c.job.Secondary, c.job.Claimed, c.job.Hosts, got, c.want)
		}
	}
}

// Contradictions and what is not there yet are refused before anything starts, and
// the message names the member: CreateTrainingJob-3, -5, -7 … -13, -15, -16, by the
// names of the cases; CreateTrainingJob-21, DescTJ-9, DescTJ-10, DescTJ-15,
// DescTJ-20, Res-2, Stop-2.
func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*sagemaker.CreateTrainingJobInput)
		want   string
	}{
		"CreateTrainingJob-3 both":    {func(in *sagemaker.CreateTrainingJobInput) { in.AlgorithmSpecification.AlgorithmName = aws.Ptr("a") }, "both TrainingImage and AlgorithmName"},
		"CreateTrainingJob-3 neither": {func(in *sagemaker.CreateTrainingJobInput) { in.AlgorithmSpecification.TrainingImage = nil }, "needs a TrainingImage"},
		"CreateTrainingJob-5 secret": {func(in *sagemaker.CreateTrainingJobInput) {
			in.HyperParameters = map[string]string{"k": "AKIAIOSFODNN7EXAMPLE"}
		}, `"k" seems to contain security credentials`},
		"CreateTrainingJob-7 twice": {func(in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig = append(in.InputDataConfig, in.InputDataConfig[0])
		}, "more than once"},
		"CreateTrainingJob-7 none":     {func(in *sagemaker.CreateTrainingJobInput) { in.InputDataConfig[0].DataSource.S3DataSource = nil }, "exactly one data source"},
		"CreateTrainingJob-9 gzip":     {func(in *sagemaker.CreateTrainingJobInput) { in.InputDataConfig[0].CompressionType = "Gzip" }, "only Pipe mode"},
		"CreateTrainingJob-9 recordio": {func(in *sagemaker.CreateTrainingJobInput) { in.InputDataConfig[0].RecordWrapperType = "RecordIO" }, "only Pipe mode"},
		"CreateTrainingJob-8": {func(in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig[0].DataSource.S3DataSource.S3DataType = "AugmentedManifestFile"
		}, "only Pipe mode"},
		"CreateTrainingJob-10 Res-2": {func(in *sagemaker.CreateTrainingJobInput) {
			in.ResourceConfig.InstanceGroups = []*sagemaker.InstanceGroup{{}}
		}, "not both"},
		"CreateTrainingJob-12": {func(in *sagemaker.CreateTrainingJobInput) {
			in.StoppingCondition.MaxWaitTimeInSeconds = aws.Ptr[int32](1)
		}, "managed spot training"},
		"CreateTrainingJob-13": {func(in *sagemaker.CreateTrainingJobInput) {
			in.StoppingCondition.MaxRuntimeInSeconds = aws.Ptr[int32](2419201)
		}, "28 days"},
		"CreateTrainingJob-10 Res-2 neither": {func(in *sagemaker.CreateTrainingJobInput) {
			in.ResourceConfig.InstanceType, in.ResourceConfig.InstanceCount = "", nil
		}, "needs InstanceType and InstanceCount, or InstanceGroups"},
		"CreateTrainingJob-10 no count":    {func(in *sagemaker.CreateTrainingJobInput) { in.ResourceConfig.InstanceCount = nil }, "needs InstanceType and InstanceCount"},
		"CreateTrainingJob-10 no instance": {func(in *sagemaker.CreateTrainingJobInput) { in.ResourceConfig.InstanceCount = aws.Ptr[int32](0) }, "at least 1"},
		"CreateTrainingJob-10 no group": {func(in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig[0].DataSource.S3DataSource.InstanceGroupNames = []string{"gpus"}
		}, `the instance group "gpus"`},
		"CreateTrainingJob-10 groups":          {func(in *sagemaker.CreateTrainingJobInput) { twoGroups(in, "a", "a") }, "Names of groups must be unique"},
		"Common-3 Gen-7 an alias for a volume": {func(in *sagemaker.CreateTrainingJobInput) { in.ResourceConfig.VolumeKmsKeyId = aws.Ptr("alias/mine") }, "aliases cannot be used"},
		"Common-3 Gen-7 no key":                {func(in *sagemaker.CreateTrainingJobInput) { in.OutputDataConfig.KmsKeyId = aws.Ptr("my key") }, "does not name a KMS key"},
		"CreateTrainingJob-11 Common-4": {func(in *sagemaker.CreateTrainingJobInput) {
			in.ResourceConfig.InstanceType, in.ResourceConfig.VolumeKmsKeyId = "ml.g5.xlarge", aws.Ptr("k")
		}, "local storage"},
		"CreateTrainingJob-12 no wait": {func(in *sagemaker.CreateTrainingJobInput) { in.EnableManagedSpotTraining = aws.Ptr(true) }, "MaxWaitTimeInSeconds"},
		"CreateTrainingJob-12 short": {func(in *sagemaker.CreateTrainingJobInput) {
			in.EnableManagedSpotTraining, in.StoppingCondition.MaxWaitTimeInSeconds = aws.Ptr(true), aws.Ptr[int32](3599)
		}, "greater than or equal to MaxRuntimeInSeconds"},
		"CreateTrainingJob-7 file system and pipe": {func(in *sagemaker.CreateTrainingJobInput) {
			fileSystem(in)
			in.InputDataConfig[0].InputMode = "Pipe"
		}, "needs the input mode File"},
		"CreateTrainingJob-7 no VPC": {fileSystem, "needs a VpcConfig"},
		"CreateTrainingJob-8 attributes": {func(in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig[0].InputMode, in.InputDataConfig[0].DataSource.S3DataSource.S3DataType = "Pipe", "AugmentedManifestFile"
		}, "needs AttributeNames"},
		"CreateTrainingJob-8 augmented in FastFile": {func(in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig[0].InputMode, in.InputDataConfig[0].DataSource.S3DataSource.S3DataType = "FastFile", "AugmentedManifestFile"
		}, "only Pipe mode"},
		"CreateTrainingJob-7 both": {func(in *sagemaker.CreateTrainingJobInput) {
			s3 := in.InputDataConfig[0].DataSource.S3DataSource
			fileSystem(in)
			in.InputDataConfig[0].DataSource.S3DataSource = s3
		}, "exactly one data source"},
		"CreateTrainingJob-8 fast": {func(in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig[0].InputMode, in.InputDataConfig[0].DataSource.S3DataSource.S3DataType = "FastFile", "ManifestFile"
		}, "FastFile mode does not take"},
		"CreateTrainingJob-9 model": {func(in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig[0].ChannelName, in.InputDataConfig[0].InputMode = aws.Ptr("model"), "Pipe"
		}, "incremental training"},
		"CreateTrainingJob-15": {func(in *sagemaker.CreateTrainingJobInput) {
			in.DebugHookConfig = &sagemaker.DebugHookConfig{S3OutputPath: aws.Ptr("s3://bucket/x"), CollectionConfigurations: []*sagemaker.CollectionConfiguration{{
				CollectionName: aws.Ptr("weights"), CollectionParameters: map[string]string{"colour": "red"},
			}}}
		}, `the parameter "colour"`},
		"CreateTrainingJob-16": {func(in *sagemaker.CreateTrainingJobInput) {
			in.ProfilerConfig = &sagemaker.ProfilerConfig{ProfilingIntervalInMilliseconds: aws.Ptr[int64](300)}
		}, "possible are"},
		"TrainContainer-10 elsewhere": {func(in *sagemaker.CreateTrainingJobInput) {
			in.CheckpointConfig = &sagemaker.CheckpointConfig{S3Uri: aws.Ptr("s3://bucket/c"), LocalPath: aws.Ptr("/home/me")}
		}, "not a directory below /opt/ml"},
		"TrainContainer-10 the model's": {func(in *sagemaker.CreateTrainingJobInput) {
			in.CheckpointConfig = &sagemaker.CheckpointConfig{S3Uri: aws.Ptr("s3://bucket/c"), LocalPath: aws.Ptr("/opt/ml/model/x")}
		}, "another purpose"},
		"TrainContainer-11 the same": {func(in *sagemaker.CreateTrainingJobInput) {
			in.DebugHookConfig = &sagemaker.DebugHookConfig{S3OutputPath: aws.Ptr("s3://bucket/x"), LocalPath: aws.Ptr("/opt/ml/x/")}
			in.TensorBoardOutputConfig = &sagemaker.TensorBoardOutputConfig{S3OutputPath: aws.Ptr("s3://bucket/x"), LocalPath: aws.Ptr("/opt/ml/x")}
		}, "the same directory"},
		"D-66 DescTJ-18 rules": {func(in *sagemaker.CreateTrainingJobInput) {
			in.DebugRuleConfigurations = []*sagemaker.DebugRuleConfiguration{{}}
		}, "DebugRuleConfigurations"},
		"channel called ..": {func(in *sagemaker.CreateTrainingJobInput) { in.InputDataConfig[0].ChannelName = aws.Ptr("..") }, "directory"},
		"https path": {func(in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig[0].DataSource.S3DataSource.S3Uri = aws.Ptr("https://x/y")
		}, "s3://bucket/key"},
		"bad metric": {func(in *sagemaker.CreateTrainingJobInput) {
			in.AlgorithmSpecification.MetricDefinitions = []*sagemaker.MetricDefinition{{Name: aws.Ptr("m"), Regex: aws.Ptr("(")}}
		}, "does not compile"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := request("job")
			c.change(in)
			err := check(in)
			if aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want one with %q", err, c.want)
			}
		})
	}
	if err := check(request("job")); err != nil {
		t.Errorf("the plain request was refused: %v", err)
	}
}

// The profiler's and the debugger's figures and keys: those of the documentation,
// and what the SDK sends besides (CreateTrainingJob-15, CreateTrainingJob-16, DescTJ-18).
func TestDebuggerValues(t *testing.T) {
	t.Parallel()
	refused := func(change func(*sagemaker.CreateTrainingJobInput)) bool {
		in := request("job")
		change(in)
		err := check(in)
		if err != nil && aws.CodeOf(err) != aws.ValidationException {
			t.Error(err)
		}
		return err != nil
	}
	for interval, ok := range map[int64]bool{100: true, 200: true, 500: true, 1000: true, 5000: true, 60000: true, 0: false, 99: false, 300: false, 60001: false} {
		if refused(func(in *sagemaker.CreateTrainingJobInput) {
			in.ProfilerConfig = &sagemaker.ProfilerConfig{ProfilingIntervalInMilliseconds: &interval}
		}) == ok {
			t.Errorf("an interval of %d ms: accepted %v", interval, !ok)
		}
	}
	for want, c := range map[time.Duration]*sagemaker.ProfilerConfig{
		500 * time.Millisecond: {S3OutputPath: aws.Ptr("s3://b")}, time.Minute: {S3OutputPath: aws.Ptr("s3://b"), ProfilingIntervalInMilliseconds: aws.Ptr[int64](60000)},
		0: {S3OutputPath: aws.Ptr("s3://b"), DisableProfiler: aws.Ptr(true)},
	} {
		in := request("job")
		in.ProfilerConfig = c
		if m := (&Service{}).newMeter(work{}, &row{Body: Job{Request: *in}}, nil); m.profile != want {
			t.Errorf("%+v: sampled every %v, want %v", c, m.profile, want)
		}
	}
	for key, ok := range map[string]bool{"DetailedProfilingConfig": true, "PythonProfilingConfig": true, "DataLoaderProfilingConfig": true, "Other": false, "": false} {
		if refused(func(in *sagemaker.CreateTrainingJobInput) {
			in.ProfilerConfig = &sagemaker.ProfilerConfig{ProfilingParameters: map[string]string{key: "{}"}}
		}) == ok {
			t.Errorf("ProfilingParameters %q: accepted %v", key, !ok)
		}
	}
	for key, ok := range map[string]bool{
		"name": true, "include_regex": true, "reduction_config": true, "save_config": true, "tensor_names": true, "save_histogram": true,
		"train.save_config": true, "saveconfig": false, "xsave_config": false, ".": false,
	} {
		if refused(func(in *sagemaker.CreateTrainingJobInput) {
			in.DebugHookConfig = &sagemaker.DebugHookConfig{S3OutputPath: aws.Ptr("s3://bucket/x"), CollectionConfigurations: []*sagemaker.CollectionConfiguration{{
				CollectionName: aws.Ptr("weights"), CollectionParameters: map[string]string{key: "1"},
			}}}
		}) == ok {
			t.Errorf("CollectionParameters %q: accepted %v", key, !ok)
		}
	}
}

// twoGroups makes the request one of two instance groups: one instance, and two.
func twoGroups(in *sagemaker.CreateTrainingJobInput, first, second string) {
	in.ResourceConfig.InstanceType, in.ResourceConfig.InstanceCount = "", nil
	in.ResourceConfig.InstanceGroups = []*sagemaker.InstanceGroup{
		{InstanceGroupName: &first, InstanceType: "ml.c5.xlarge", InstanceCount: aws.Ptr[int32](1)},
		{InstanceGroupName: &second, InstanceType: "ml.m5.large", InstanceCount: aws.Ptr[int32](2)},
	}
}

// fileSystem lets the request's channel read a file system.
func fileSystem(in *sagemaker.CreateTrainingJobInput) {
	in.InputDataConfig[0].DataSource = &sagemaker.DataSource{FileSystemDataSource: &sagemaker.FileSystemDataSource{
		FileSystemId: aws.Ptr("fs-0123456789abcdef0"), FileSystemType: "EFS", FileSystemAccessMode: "ro", DirectoryPath: aws.Ptr("/data"),
	}}
}

// request is a valid request with one channel.
func request(name string) *sagemaker.CreateTrainingJobInput {
	return &sagemaker.CreateTrainingJobInput{
		TrainingJobName: &name,
		RoleArn:         aws.Ptr("arn:aws:iam::123456789012:role/r"),
		AlgorithmSpecification: &sagemaker.AlgorithmSpecification{
			TrainingImage: aws.Ptr("test/image:1"), TrainingInputMode: sagemaker.TrainingInputModeFile,
		},
		InputDataConfig: []*sagemaker.Channel{{
			ChannelName: aws.Ptr("train"),
			DataSource: &sagemaker.DataSource{S3DataSource: &sagemaker.S3DataSource{
				S3DataType: sagemaker.S3DataTypeS3Prefix, S3Uri: aws.Ptr("s3://bucket/in/"),
			}},
		}},
		OutputDataConfig:  &sagemaker.OutputDataConfig{S3OutputPath: aws.Ptr("s3://bucket/out")},
		ResourceConfig:    &sagemaker.ResourceConfig{InstanceType: "ml.m5.large", InstanceCount: aws.Ptr[int32](1), VolumeSizeInGB: aws.Ptr[int32](1)},
		StoppingCondition: &sagemaker.StoppingCondition{MaxRuntimeInSeconds: aws.Ptr[int32](3600)},
	}
}
