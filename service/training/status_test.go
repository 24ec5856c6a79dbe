package training

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/kit"
)

// CreateTrainingJob-23, DescTJ-2: every secondary status of the model is reached
// by a transition or listed as reserved, and never both.
func TestEveryStatusIsReachableOrReserved(t *testing.T) {
	t.Parallel()
	reachable := kit.Reachable(Transitions)
	reachable[sagemaker.SecondaryStatusStarting] = true
	for _, v := range statusesOfTheModel(t) {
		s := sagemaker.SecondaryStatus(v)
		if reachable[s] == (Reserved[s] != "") {
			t.Errorf("%s: reachable %v, reserved %q", s, reachable[s], Reserved[s])
		}
	}
}

func statusesOfTheModel(t *testing.T) []string {
	for _, op := range sagemaker.Service.Operations {
		if op.Name != "DescribeTrainingJob" {
			continue
		}
		for _, m := range op.Output.Members {
			if m.Name == "SecondaryStatus" {
				return m.Shape.Enum
			}
		}
	}
	t.Fatal("the model has no SecondaryStatus")
	return nil
}

// The diagram in docs/ is drawn from the table. Run with -update to redraw it.
func TestDiagramIsCurrent(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "states", "training-job.md")
	want := "# Training job\n\nDrawn from the transitions in `service/training/status.go` by its test; `make generate` redraws it. The states are\n" +
		"secondary statuses; the primary status follows from them.\n\n```mermaid\n" +
		kit.Diagram(Transitions, sagemaker.SecondaryStatusStarting) + "```\n\n| secondary status that no transition reaches | why |\n|---|---|\n"
	for _, v := range statusesOfTheModel(t) {
		if why := Reserved[sagemaker.SecondaryStatus(v)]; why != "" {
			want += "| " + v + " | " + why + " |\n"
		}
	}
	if os.Getenv("SAGEBRUSH_UPDATE") != "" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s is not current (%v): run make generate", path, err)
	}
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
	for _, c := range []struct {
		job  Job
		want step
	}{
		{Job{Secondary: sagemaker.SecondaryStatusStarting}, stepClaim},
		{Job{Secondary: sagemaker.SecondaryStatusStarting, Claimed: true}, stepPrepare},
		{Job{Secondary: sagemaker.SecondaryStatusDownloading, Claimed: true}, stepDownload},
		{Job{Secondary: sagemaker.SecondaryStatusTraining, Claimed: true}, stepLaunch},
		{Job{Secondary: sagemaker.SecondaryStatusTraining, Claimed: true, Handle: []byte("{}")}, stepWatch},
		{Job{Secondary: sagemaker.SecondaryStatusUploading, Claimed: true, Handle: []byte("{}")}, stepUpload},
		{Job{Secondary: sagemaker.SecondaryStatusStopping}, stepWindDown},
		{Job{Secondary: sagemaker.SecondaryStatusStopping, Claimed: true, Handle: []byte("{}")}, stepWindDown},
		{Job{Secondary: sagemaker.SecondaryStatusCompleted, Claimed: true}, stepClean},
		{Job{Secondary: sagemaker.SecondaryStatusMaxRuntimeExceeded, Claimed: true}, stepClean},
	} {
		if got := next(&c.job); got != c.want {
			t.Errorf("next(%s, claimed %v, handle %s) = %s, want %s", c.job.Secondary, c.job.Claimed, c.job.Handle, got, c.want)
		}
	}
}

// CreateTrainingJob-3, -5, -7 … -13: contradictions and what is not there yet
// are refused before anything starts, and the message names the member.
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
		"CreateTrainingJob-10": {func(in *sagemaker.CreateTrainingJobInput) {
			in.ResourceConfig.InstanceGroups = []*sagemaker.InstanceGroup{{}}
		}, "not both"},
		"CreateTrainingJob-12": {func(in *sagemaker.CreateTrainingJobInput) {
			in.StoppingCondition.MaxWaitTimeInSeconds = aws.Ptr[int32](1)
		}, "managed spot training"},
		"CreateTrainingJob-13": {func(in *sagemaker.CreateTrainingJobInput) {
			in.StoppingCondition.MaxRuntimeInSeconds = aws.Ptr[int32](2419201)
		}, "28 days"},
		"two instances":     {func(in *sagemaker.CreateTrainingJobInput) { in.ResourceConfig.InstanceCount = aws.Ptr[int32](2) }, "ResourceConfig.InstanceCount"},
		"spot":              {func(in *sagemaker.CreateTrainingJobInput) { in.EnableManagedSpotTraining = aws.Ptr(true) }, "EnableManagedSpotTraining"},
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
