package training

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// What inputdataconfig.json says of a channel: its members under the names that
// containers read, a content type only where one was given, None where nothing
// wraps records, and the whole of a file system (TrainContainer-4, TrainData-10).
func TestInputDataConfig(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*sagemaker.CreateTrainingJobInput){
		`{"TrainingInputMode":"File","S3DistributionType":"FullyReplicated","RecordWrapperType":"None"}`: func(*sagemaker.CreateTrainingJobInput) {},
		`{"ContentType":"text/csv","TrainingInputMode":"File","S3DistributionType":"FullyReplicated","RecordWrapperType":"None"}`: func(in *sagemaker.CreateTrainingJobInput) {
			in.InputDataConfig[0].ContentType = aws.Ptr("text/csv")
		},
		`{"TrainingInputMode":"Pipe","S3DistributionType":"ShardedByS3Key","RecordWrapperType":"RecordIO"}`: func(in *sagemaker.CreateTrainingJobInput) {
			c := in.InputDataConfig[0]
			c.InputMode, c.RecordWrapperType = sagemaker.TrainingInputModePipe, sagemaker.RecordWrapperRecordIO
			c.DataSource.S3DataSource.S3DataDistributionType = sagemaker.S3DataDistributionShardedByS3Key
		},
		`{"TrainingInputMode":"FastFile","S3DistributionType":"FullyReplicated","RecordWrapperType":"None"}`: func(in *sagemaker.CreateTrainingJobInput) {
			in.AlgorithmSpecification.TrainingInputMode = sagemaker.TrainingInputModeFastFile
		},
		`{"ContentType":"image/png","TrainingInputMode":"File","S3DistributionType":"FullyReplicated","RecordWrapperType":"None"}`: func(in *sagemaker.CreateTrainingJobInput) {
			fileSystem(in)
			in.InputDataConfig[0].ContentType = aws.Ptr("image/png")
		},
	} {
		in := request("config")
		change(in)
		setDefaults(in, image.Image{})
		got, err := json.Marshal(inputDataConfig(in, hostsOf(in)[0]))
		if err != nil || string(got) != `{"train":`+want+`}` {
			t.Errorf("%s, %v; want the channel %s", got, err, want)
		}
	}
}

// A program knows its job's name and ARN, its region and, verbatim, the request's
// own variables, which win over all others (TrainContainer-6).
func TestEnvironment(t *testing.T) {
	t.Parallel()
	in := request("env")
	in.Environment = map[string]string{"QUOTED": "a \"b\" $HOME\n", "SM_MODEL_DIR": "mine", "IMAGE": "the request's"}
	setDefaults(in, image.Image{})
	r := &row{Scope: home, Name: "env", ARN: "arn:aws:sagemaker:us-east-1:123456789012:training-job/env", Body: Job{Request: *in, Hosts: hostsOf(in)}}
	got := environment(r, 0, map[string]string{"IMAGE": "the image's", "ONLY": "the image's"}, run.Limits{CPUs: 2}, "lo", map[string]string{"AWS_SESSION_TOKEN": "t"})
	for name, want := range map[string]string{
		"TRAINING_JOB_NAME": "env", "TRAINING_JOB_ARN": r.ARN, "AWS_REGION": "us-east-1", "AWS_SESSION_TOKEN": "t",
		"QUOTED": "a \"b\" $HOME\n", "SM_MODEL_DIR": "mine", "IMAGE": "the request's", "ONLY": "the image's", "SM_CHANNEL_TRAIN": "/opt/ml/input/data/train",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

// specRunner keeps what it was asked to run.
type specRunner struct {
	run.Runner
	mu    sync.Mutex
	specs map[string]run.Spec // by job
}

func (r *specRunner) Start(ctx context.Context, s run.Spec) (run.Process, error) {
	r.mu.Lock()
	r.specs[s.Env["TRAINING_JOB_NAME"]] = s
	r.mu.Unlock()
	return r.Runner.Start(ctx, s)
}

// Programs that are closed off get no network and no credentials; their data and
// results are brought by the server (TrainContainer-15, DescTJ-19, Net-1). That
// the network is closed is proved with real programs, in e2e/test_training_hosts.py.
func TestIsolation(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	must(t, b.Tasks.Stop(b.ctx))
	r := &specRunner{Runner: b.config.Runner, specs: map[string]run.Spec{}}
	b.config.Runner = r
	b.Service = b.serve(t)
	closed := request("closed")
	closed.EnableNetworkIsolation = aws.Ptr(true)
	closed.Environment = map[string]string{"FAKE_MODEL": "m"}
	for _, req := range []*sagemaker.CreateTrainingJobInput{request("open"), closed} {
		b.create(req)
		if out := b.await(*req.TrainingJobName, ended); out.TrainingJobStatus != sagemaker.TrainingJobStatusCompleted {
			t.Fatalf("%s: %s", *req.TrainingJobName, aws.Val(out.FailureReason))
		}
	}
	if len(b.members("out/closed/output/model.tar.gz")) == 0 {
		t.Error("the closed program's model is empty")
	}
	for name, isolated := range map[string]bool{"open": false, "closed": true} {
		s := r.specs[name]
		if _, credentials := s.Env["AWS_SESSION_TOKEN"]; s.Network.Isolated != isolated || credentials == isolated || isolated && s.Network.ID == "" {
			t.Errorf("%s: network %+v, credentials %v", name, s.Network, credentials)
		}
	}
}

// A directory of this machine stands for the file system, and is mounted as its
// channel, for reading only or for writing too; one without a name here is refused
// (Data-9, DescTJ-12, TrainData-10).
func TestFileSystems(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	dir := t.TempDir()
	write(t, dir+"/data/x", "x")
	b.FileSystems = map[string]string{"fs-0123456789abcdef0": dir}
	for mode, readOnly := range map[sagemaker.FileSystemAccessMode]bool{"ro": true, "rw": false} {
		in := request("mounted")
		fileSystem(in)
		in.InputDataConfig[0].DataSource.FileSystemDataSource.FileSystemAccessMode = mode
		mounts, err := b.mounts(in)
		must(t, err)
		if want := (run.Mount{Source: dir + "/data", Target: "/opt/ml/input/data/train", ReadOnly: readOnly}); len(mounts) != 1 || mounts[0] != want {
			t.Errorf("%s: %+v, want %+v", mode, mounts, want)
		}
	}
	in := request("mounted")
	fileSystem(in)
	in.VpcConfig = &sagemaker.VpcConfig{SecurityGroupIds: []string{"sg-1"}, Subnets: []string{"subnet-1"}}
	in.InputDataConfig[0].DataSource.FileSystemDataSource.FileSystemId = aws.Ptr("fs-00000000000000000")
	if _, err := b.CreateTrainingJob(b.ctx, in); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), "fs-00000000000000000") {
		t.Errorf("an unknown file system: %v", err)
	}
}

// Where results go: one directory a job below the output path, one archive each
// for the model and the other output, or plain files where no compression is asked
// for (Out-1, TrainContainer-8, TrainContainer-9, DescTJ-8).
func TestOutput(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	for name, c := range map[string]struct {
		path        string
		compression sagemaker.OutputCompressionType
		model       string
		keys        []string
	}{
		"unsaid":  {"s3://bucket/out", "", "s3://bucket/out/unsaid/output/model.tar.gz", []string{"out/unsaid/output/model.tar.gz", "out/unsaid/output/output.tar.gz"}},
		"gzip":    {"s3://bucket/out/", "GZIP", "s3://bucket/out/gzip/output/model.tar.gz", []string{"out/gzip/output/model.tar.gz", "out/gzip/output/output.tar.gz"}},
		"bare":    {"s3://bucket", "GZIP", "s3://bucket/bare/output/model.tar.gz", []string{"bare/output/model.tar.gz", "bare/output/output.tar.gz"}},
		"plain":   {"s3://bucket/deep/er", "NONE", "s3://bucket/deep/er/plain/output/model/", []string{"deep/er/plain/output/model/a/w", "deep/er/plain/output/output/notes"}},
		"nothing": {"s3://bucket/out", "GZIP", "s3://bucket/out/nothing/output/model.tar.gz", []string{"out/nothing/output/model.tar.gz"}},
	} {
		req := request(name)
		req.OutputDataConfig = &sagemaker.OutputDataConfig{S3OutputPath: &c.path, CompressionType: c.compression}
		if name != "nothing" {
			req.Environment = map[string]string{"FAKE_FILES": "model/a/w=1\noutput/data/notes=2"}
		}
		b.create(req)
		out := b.await(name, ended)
		if *out.ModelArtifacts.S3ModelArtifacts != c.model {
			t.Errorf("%s: %s, want %s", name, *out.ModelArtifacts.S3ModelArtifacts, c.model)
		}
		prefix := strings.TrimPrefix(strings.TrimSuffix(c.path, "/")+"/"+name+"/", "s3://bucket/")
		page, err := b.objects.List(b.ctx, "bucket", blob.ListOptions{Prefix: prefix, Max: 100})
		must(t, err)
		var keys []string
		for _, o := range page.Objects {
			keys = append(keys, o.Key)
		}
		if strings.Join(keys, " ") != strings.Join(c.keys, " ") {
			t.Errorf("%s: objects %q, want %q", name, keys, c.keys)
		}
	}
	express := request("express")
	express.OutputDataConfig = &sagemaker.OutputDataConfig{S3OutputPath: aws.Ptr("s3://quick--use1-az4--x-s3/out"), KmsKeyId: aws.Ptr("alias/mine")}
	if err := check(express); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), "takes no KMS keys") {
		t.Errorf("a KMS key for S3 Express One Zone: %v", err)
	}
}
