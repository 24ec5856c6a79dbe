package training

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/algo/capacity"
	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/channel"
	"github.com/sagebrush/sagebrush/channel/feed"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/kit"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/fake"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/task"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

// TestMain makes the test binary the feeder of its jobs' data too.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "feed" {
		os.Exit(feed.Main(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// bundle is a service with everything under it: real store, tasks and objects;
// only the machine is fake, steered by each job's environment.
type bundle struct {
	*Service
	t       *testing.T
	ctx     context.Context
	sink    *sink
	objects blob.Store
	config  Config
}

type anyImage struct{}

func (anyImage) Resolve(_ context.Context, uri string) (image.Image, error) {
	if strings.HasPrefix(uri, "unknown/") {
		return image.Image{}, aws.Invalid("no image %q", uri)
	}
	return image.Image{Name: uri}, nil
}

func (anyImage) Prepare(context.Context, image.Image, func(string)) (image.Program, error) {
	return image.Program{Train: []string{"train"}}, nil
}

type noRole struct{}

func (noRole) EnsureRole(_ *store.Tx, _ aws.Scope, arn string) error {
	return aws.Invalid("Could not assume role %s.", arn)
}

type anyRole struct{}

func (anyRole) EnsureRole(*store.Tx, aws.Scope, string) error { return nil }

type noAccess struct{}

func (noAccess) Variables(_ context.Context, _ aws.Scope, role, bundle string, _ time.Duration) (map[string]string, error) {
	return map[string]string{"AWS_SESSION_TOKEN": role, "AWS_CA_BUNDLE": bundle}, nil
}
func (noAccess) CABundle() ([]byte, error) { return []byte("certificates"), nil }
func (noAccess) Address() string           { return "127.0.0.1:4600" }

// sink keeps the values by job, name and Seq, as the real one does.
type sink struct {
	mu        sync.Mutex
	values    map[string]float64
	instances map[string]float64 // by job, host and name
}

func (s *sink) PublishTrainingMetrics(_ context.Context, _ aws.Scope, job string, points []Metric) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range points {
		if p.Host != "" {
			s.instances[job+"/"+p.Host+"/"+p.Name] = p.Value
			continue
		}
		s.values[fmt.Sprint(job, "/", p.Name, "/", p.Seq)] = p.Value
	}
	return nil
}

func setup(t *testing.T, db *store.DB) *bundle {
	t.Helper()
	objects, err := dir.New(db, t.TempDir(), slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { _ = objects.Close() })
	b := &bundle{t: t, ctx: aws.WithCaller(t.Context(), aws.Caller{Scope: home}), objects: objects, sink: &sink{values: map[string]float64{}, instances: map[string]float64{}}}
	b.config = Config{
		DB: db, Objects: objects, Runner: fake.New(), Images: anyImage{}, Roles: anyRole{}, Access: noAccess{}, Metrics: b.sink,
		Streams: logstream.NewCatalog(db, t.TempDir()), Tokens: kit.NewTokens([]byte("k")),
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dir: t.TempDir(),
		Machine: capacity.Machine{CPUs: 2, MaxJobs: 4},
	}
	b.Service = b.serve(t)
	must(t, objects.CreateBucket(b.ctx, blob.Bucket{Name: "bucket", Account: home.Account, Region: home.Region}))
	for _, key := range []string{"in/a.csv", "in/deep/b.csv"} {
		_, err := objects.Put(b.ctx, "bucket", key, strings.NewReader(key), blob.PutOptions{Size: int64(len(key))})
		must(t, err)
	}
	return b
}

// serve starts a server's worth of service over the bundle's parts, as after a
// restart when called again.
func (b *bundle) serve(t *testing.T) *Service {
	t.Helper()
	c := b.config
	data, err := channel.New(channel.Config{Objects: c.Objects, Dir: filepath.Join(c.Dir, ".feeds"), Self: []string{"/proc/self/exe", "feed"}})
	must(t, err)
	c.Data = data
	c.Tasks = task.New(c.DB, task.Options{NodeID: "node", Logger: c.Logger})
	s := New(c)
	must(t, c.Tasks.Start(b.ctx))
	t.Cleanup(func() { _ = c.Tasks.Stop(context.WithoutCancel(t.Context())) })
	return s
}

func (b *bundle) create(in *sagemaker.CreateTrainingJobInput) {
	b.t.Helper()
	_, err := b.CreateTrainingJob(b.ctx, in)
	must(b.t, err)
}

func (b *bundle) describe(name string) *sagemaker.DescribeTrainingJobOutput {
	b.t.Helper()
	out, err := b.DescribeTrainingJob(b.ctx, &sagemaker.DescribeTrainingJobInput{TrainingJobName: &name})
	must(b.t, err)
	return out
}

// await polls until the job satisfies ok, as a client's waiter would.
func (b *bundle) await(name string, ok func(*sagemaker.DescribeTrainingJobOutput) bool) *sagemaker.DescribeTrainingJobOutput {
	b.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for {
		if out := b.describe(name); ok(out) {
			return out
		}
		select {
		case <-tick.C:
		case <-deadline:
			b.t.Fatalf("%s is still %s", name, b.describe(name).SecondaryStatus)
		}
	}
}

func ended(out *sagemaker.DescribeTrainingJobOutput) bool { return terminal(out.SecondaryStatus) }

func in(status sagemaker.SecondaryStatus) func(*sagemaker.DescribeTrainingJobOutput) bool {
	return func(out *sagemaker.DescribeTrainingJobOutput) bool { return out.SecondaryStatus == status }
}

// A job from Create to Completed, on both databases: statuses in order, data in,
// model out, metrics, times, log stream (CreateTrainingJob-22, CreateTrainingJob-23,
// CreateTrainingJob-25, CreateTrainingJob-28, TrainContainer-8, TrainContainer-12,
// TrainContainer-13, DescTJ-4, DescTJ-5, DescTJ-8, DescTJ-14, Metric-1, X-6).
//
// covers: sagemaker.CreateTrainingJob sagemaker.DescribeTrainingJob
func TestLifeCycle(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		req := request("Life-Cycle")
		req.HyperParameters = map[string]string{"eta": "0.1"}
		req.AlgorithmSpecification.MetricDefinitions = []*sagemaker.MetricDefinition{{Name: aws.Ptr("loss"), Regex: aws.Ptr("loss=([0-9.]+)")}}
		req.Environment = map[string]string{"FAKE_LOG": "loss=0.5\nloss=0.25\nbye", "FAKE_MODEL": "weights"}
		b.create(req)
		if first := b.describe("Life-Cycle"); first.ModelArtifacts == nil || first.ModelArtifacts.S3ModelArtifacts == nil {
			t.Error("ModelArtifacts must be there from the first Describe")
		}
		out := b.await("Life-Cycle", ended)
		if out.TrainingJobStatus != sagemaker.TrainingJobStatusCompleted {
			t.Fatalf("%s: %s", out.TrainingJobStatus, aws.Val(out.FailureReason))
		}
		var path []string
		for _, tr := range out.SecondaryStatusTransitions {
			path = append(path, string(tr.Status))
		}
		if want := []string{"Starting", "Downloading", "Training", "Uploading", "Completed"}; !slices.Equal(path, want) {
			t.Errorf("transitions %v, want %v", path, want)
		}
		if *out.TrainingJobArn != "arn:aws:sagemaker:us-east-1:123456789012:training-job/life-cycle" {
			t.Errorf("ARN %s", *out.TrainingJobArn)
		}
		if uri := *out.ModelArtifacts.S3ModelArtifacts; uri != "s3://bucket/out/Life-Cycle/output/model.tar.gz" {
			t.Errorf("model at %s", uri)
		}
		if len(b.members("out/Life-Cycle/output/model.tar.gz")) == 0 {
			t.Error("the model archive is empty")
		}
		if m := out.FinalMetricDataList; len(m) != 1 || *m[0].MetricName != "loss" || *m[0].Value != 0.25 {
			t.Errorf("final metrics %+v", m)
		}
		b.sink.mu.Lock()
		if values := slices.Sorted(maps.Values(b.sink.values)); !slices.Equal(values, []float64{0.25, 0.5}) {
			t.Errorf("published %v", values)
		}
		b.sink.mu.Unlock()
		if out.TrainingStartTime == nil || out.TrainingEndTime == nil || aws.Val(out.BillableTimeInSeconds) < 1 {
			t.Errorf("times %v, %v, %v", out.TrainingStartTime, out.TrainingEndTime, out.BillableTimeInSeconds)
		}
		if aws.Val(out.EnableNetworkIsolation) || out.OutputDataConfig.CompressionType != "GZIP" || !aws.Val(out.AlgorithmSpecification.EnableSageMakerMetricsTimeSeries) {
			t.Error("the defaults are not described back")
		}
		_, err := b.CreateTrainingJob(b.ctx, request("Life-Cycle"))
		if aws.CodeOf(err) != aws.ResourceInUse || !strings.Contains(err.Error(), "Training job names must be unique within an AWS account and region") {
			t.Errorf("CreateTrainingJob-1: a used name: %v", err)
		}
	})
}

// members lists the archive stored under key.
func (b *bundle) members(key string) (names []string) {
	b.t.Helper()
	body, _, err := b.objects.Get(b.ctx, "bucket", key, nil)
	must(b.t, err)
	defer body.Close()
	gz, err := gzip.NewReader(body)
	must(b.t, err)
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		must(b.t, err)
		names = append(names, h.Name)
	}
}

// X-2, Gen-3: Describe and Stop of a job that is not there.
func TestUnknownJob(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	name := aws.Ptr("nope")
	_, describe := b.DescribeTrainingJob(b.ctx, &sagemaker.DescribeTrainingJobInput{TrainingJobName: name})
	_, stop := b.StopTrainingJob(b.ctx, &sagemaker.StopTrainingJobInput{TrainingJobName: name})
	for _, err := range []error{describe, stop} {
		if aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), "Requested resource not found") {
			t.Errorf("%v", err)
		}
	}
}

// TrainContainer-7, CreateTrainingJob-29: a program that
// fails says why in FailureReason; its output is kept, its model is not.
func TestFailedJob(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	for name, c := range map[string]struct {
		env  map[string]string
		want string
	}{
		"exit-1":  {map[string]string{"FAKE_EXIT_CODE": "3", "FAKE_LOG": "start\nValueError: no such column"}, "AlgorithmError: the program exited with code 3; its last output was: ValueError: no such column"},
		"failure": {map[string]string{"FAKE_EXIT_CODE": "1", "FAKE_FAILURE": "bad data in row 7"}, "AlgorithmError: bad data in row 7"},
		"oom":     {map[string]string{"FAKE_OOM": "1"}, "AlgorithmError: the program was killed because it needed more memory"},
		"signal":  {map[string]string{"FAKE_SIGNAL": "SIGSEGV"}, "AlgorithmError: the program was ended by the signal SIGSEGV"},
	} {
		t.Run(name, func(t *testing.T) {
			req := request(name)
			req.Environment = c.env
			b.create(req)
			out := b.await(name, ended)
			if out.TrainingJobStatus != sagemaker.TrainingJobStatusFailed || !strings.HasPrefix(aws.Val(out.FailureReason), c.want) {
				t.Errorf("%s: %q, want %q", out.TrainingJobStatus, aws.Val(out.FailureReason), c.want)
			}
			if _, err := b.objects.Head(b.ctx, "bucket", "out/"+name+"/output/model.tar.gz"); !errors.Is(err, blob.ErrNoSuchKey) {
				t.Errorf("a failed job has a model: %v", err)
			}
		})
	}
}

// CreateTrainingJob-17: what can be known to be missing is refused before anything starts.
func TestMissingData(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	other := aws.Scope{Account: "210987654321", Region: home.Region}
	must(t, b.objects.CreateBucket(b.ctx, blob.Bucket{Name: "foreign", Account: other.Account, Region: home.Region}))
	for name, c := range map[string]struct {
		change func(*sagemaker.CreateTrainingJobInput)
		want   string
	}{
		"no bucket": {func(r *sagemaker.CreateTrainingJobInput) {
			r.InputDataConfig[0].DataSource.S3DataSource.S3Uri = aws.Ptr("s3://nope/in")
		}, "No S3 objects found under S3 URL"},
		"empty prefix": {func(r *sagemaker.CreateTrainingJobInput) {
			r.InputDataConfig[0].DataSource.S3DataSource.S3Uri = aws.Ptr("s3://bucket/nothing/")
		}, "No S3 objects found under S3 URL"},
		"foreign bucket": {func(r *sagemaker.CreateTrainingJobInput) {
			r.InputDataConfig[0].DataSource.S3DataSource.S3Uri = aws.Ptr("s3://foreign/")
		}, "No S3 objects found under S3 URL"},
		"output bucket": {func(r *sagemaker.CreateTrainingJobInput) {
			r.OutputDataConfig.S3OutputPath = aws.Ptr("s3://foreign/out")
		}, "does not exist or is not yours"},
		"unknown image": {func(r *sagemaker.CreateTrainingJobInput) {
			r.AlgorithmSpecification.TrainingImage = aws.Ptr("unknown/x")
		}, "no image"},
	} {
		req := request("missing")
		c.change(req)
		if _, err := b.CreateTrainingJob(b.ctx, req); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.Roles = noRole{}
	if _, err := b.CreateTrainingJob(b.ctx, request("missing")); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), "Could not assume role arn:aws:iam::123456789012:role/r") {
		t.Errorf("a role that cannot be assumed: %v", err)
	}
	if _, err := b.DescribeTrainingJob(b.ctx, &sagemaker.DescribeTrainingJobInput{TrainingJobName: aws.Ptr("missing")}); err == nil {
		t.Error("a refused job left something behind")
	}
}

// StopTrainingJob-1, StopTrainingJob-2: a running job ends Stopped with what it saved; stopping
// twice is accepted; a job that has ended refuses and names its status.
//
// covers: sagemaker.StopTrainingJob
func TestStopTwice(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	req := request("stop-me")
	req.Environment = map[string]string{"FAKE_SLEEP": "1h", "FAKE_MODEL": "half"}
	b.create(req)
	b.await("stop-me", in(sagemaker.SecondaryStatusTraining))
	name := &sagemaker.StopTrainingJobInput{TrainingJobName: aws.Ptr("stop-me")}
	for range 2 {
		_, err := b.StopTrainingJob(b.ctx, name)
		must(t, err)
	}
	out := b.await("stop-me", ended)
	if out.TrainingJobStatus != sagemaker.TrainingJobStatusStopped || out.SecondaryStatus != sagemaker.SecondaryStatusStopped {
		t.Errorf("%s/%s: %s", out.TrainingJobStatus, out.SecondaryStatus, aws.Val(out.FailureReason))
	}
	if _, err := b.objects.Head(b.ctx, "bucket", "out/stop-me/output/model.tar.gz"); err != nil {
		t.Errorf("what the job saved is not there: %v", err)
	}
	if _, err := b.StopTrainingJob(b.ctx, name); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), "is in status Stopped") {
		t.Errorf("stopping a stopped job: %v", err)
	}
}

// A job that waits for its turn is stopped at once, without waiting for it, and has
// no times (CreateTrainingJob-28, DescTJ-1).
func TestStopQueuedJob(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	for i := range b.Machine.MaxJobs {
		req := request(fmt.Sprintf("long-%d", i))
		req.Environment = map[string]string{"FAKE_SLEEP": "1h"}
		b.create(req)
		b.await(*req.TrainingJobName, in(sagemaker.SecondaryStatusTraining))
	}
	b.create(request("queued"))
	_, err := b.StopTrainingJob(b.ctx, &sagemaker.StopTrainingJobInput{TrainingJobName: aws.Ptr("queued")})
	must(t, err)
	out := b.await("queued", ended)
	if out.SecondaryStatus != sagemaker.SecondaryStatusStopped || out.TrainingStartTime != nil || out.BillableTimeInSeconds != nil {
		t.Errorf("%s, started %v (DescTJ-1: a job that never started has no times)", out.SecondaryStatus, out.TrainingStartTime)
	}
}

// CreateTrainingJob-27, DescTJ-3, DescTJ-7, Stop-1, Stop-2: out of time is Stopped/MaxRuntimeExceeded, not
// Failed, and what was saved is uploaded.
func TestMaxRuntime(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	req := request("slow")
	req.StoppingCondition.MaxRuntimeInSeconds = aws.Ptr[int32](1)
	req.Environment = map[string]string{"FAKE_SLEEP": "1h", "FAKE_MODEL": "half"}
	b.create(req)
	out := b.await("slow", ended)
	if out.TrainingJobStatus != sagemaker.TrainingJobStatusStopped || out.SecondaryStatus != sagemaker.SecondaryStatusMaxRuntimeExceeded {
		t.Errorf("%s/%s", out.TrainingJobStatus, out.SecondaryStatus)
	}
	if *out.ModelArtifacts.S3ModelArtifacts == "" {
		t.Error("no artifact")
	}
}

// a server that stops in the middle of a job and comes back finishes it;
// the program is not started again.
func TestRestart(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	counting := &countingRunner{Runner: b.config.Runner}
	b.config.Runner = counting
	must(t, b.Tasks.Stop(b.ctx))
	b.Service = b.serve(t)
	req := request("survivor")
	req.Environment = map[string]string{"FAKE_SLEEP": "300ms", "FAKE_MODEL": "m"}
	b.create(req)
	b.await("survivor", in(sagemaker.SecondaryStatusTraining))
	must(t, b.Tasks.Stop(b.ctx))
	b.Service = b.serve(t)
	if out := b.await("survivor", ended); out.TrainingJobStatus != sagemaker.TrainingJobStatusCompleted {
		t.Errorf("%s: %s", out.TrainingJobStatus, aws.Val(out.FailureReason))
	}
	counting.mu.Lock()
	defer counting.mu.Unlock()
	if len(counting.ids) != 1 {
		t.Errorf("programs started: %v", counting.ids)
	}
}

// countingRunner notes which programs were started.
type countingRunner struct {
	run.Runner
	mu  sync.Mutex
	ids map[string]bool
}

func (c *countingRunner) Start(ctx context.Context, s run.Spec) (run.Process, error) {
	c.mu.Lock()
	if c.ids == nil {
		c.ids = map[string]bool{}
	}
	c.ids[s.ID] = true
	c.mu.Unlock()
	return c.Runner.Start(ctx, s)
}

// TrainContainer-3, TrainContainer-4, TrainContainer-5: the configuration files.
func TestLayOut(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	req := request("files")
	setDefaults(req, image.Image{})
	req.ResourceConfig.KeepAlivePeriodInSeconds = aws.Ptr[int32](60)
	w := work{home.Account, home.Region, "files"}
	must(t, b.layOut(w, &row{Scope: home, Name: "files", Body: Job{Request: *req, Hosts: hostsOf(req)}}))
	for name, want := range map[string]string{
		"hyperparameters.json": `{}`,
		"inputdataconfig.json": `{"train":{"TrainingInputMode":"File","S3DistributionType":"FullyReplicated","RecordWrapperType":"None"}}`,
		"resourceconfig.json":  `{"current_host":"algo-1","current_instance_type":"ml.m5.large","current_group_name":"homogeneousCluster","hosts":["algo-1"],"instance_groups":[{"instance_group_name":"homogeneousCluster","instance_type":"ml.m5.large","hosts":["algo-1"]}],"network_interface_name":"lo"}`,
	} {
		if got, err := os.ReadFile(filepath.Join(b.mlDir(w, "algo-1"), "input/config", name)); err != nil || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, want)
		}
	}
	// WarmPool-1: the cache is there before any job has filled it.
	if found, err := os.ReadDir(filepath.Join(b.mlDir(w, "algo-1"), cacheName)); err != nil || len(found) > 0 {
		t.Errorf("the cache of the warm pool: %v, %v", found, err)
	}
}

// D-11, Res-1, CreateTrainingJob-11, DescTJ-15: a host is limited to its instance
// type, or less; its volume is as large as asked for, or the type's own storage.
func TestLimits(t *testing.T) {
	t.Parallel()
	s := &Service{}
	if l := s.limits(request("x"), hostsOf(request("x"))[0]); l.MemoryBytes != 8<<30 || l.CPUs > 2 || l.CPUs < 1 {
		t.Errorf("ml.m5.large: %+v", l)
	}
	local := request("x")
	local.ResourceConfig.InstanceType, local.ResourceConfig.VolumeSizeInGB = "ml.g4dn.12xlarge", aws.Ptr[int32](7)
	for want, in := range map[int64]*sagemaker.CreateTrainingJobInput{1 << 30: request("x"), 900e9: local} {
		if l := s.limits(in, hostsOf(in)[0]); l.DiskBytes != want {
			t.Errorf("%s has a volume of %d bytes, want %d", in.ResourceConfig.InstanceType, l.DiskBytes, want)
		}
	}
	s.MemoryLimit = 1 << 20
	if l := s.limits(request("x"), hostsOf(request("x"))[0]); l.MemoryBytes != 1<<20 {
		t.Errorf("capped: %+v", l)
	}
}

// TrainContainer-1, DescTJ-9: how entrypoint and arguments override the program, or the
// image's own in a container.
func TestCommand(t *testing.T) {
	t.Parallel()
	p := image.Program{Train: []string{"python", "train"}}
	entry, args := []string{"bash"}, []string{"-c", "x"}
	for _, c := range []struct {
		a                  sagemaker.AlgorithmSpecification
		process, container string
	}{
		{sagemaker.AlgorithmSpecification{}, "python train |", "| train"},
		{sagemaker.AlgorithmSpecification{ContainerEntrypoint: entry}, "bash |", "bash |"},
		{sagemaker.AlgorithmSpecification{ContainerEntrypoint: entry, ContainerArguments: args}, "bash -c x |", "bash -c x |"},
		{sagemaker.AlgorithmSpecification{ContainerArguments: args}, "python train -c x |", "| -c x"},
	} {
		for container, want := range map[bool]string{false: c.process, true: c.container} {
			command, args := command(p, &c.a, container)
			if got := strings.TrimSpace(strings.Join(command, " ") + " | " + strings.Join(args, " ")); got != want {
				t.Errorf("%+v: %q, want %q", c.a, got, want)
			}
		}
	}
}

// Keys that would leave the channel's directory, or cannot be files, fail the
// job with the key's name, also where nothing is downloaded; nothing is written
// outside.
func TestHostileKeys(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	for name, key := range map[string]string{"dots": "bad-dots/../../../../escape", "nul": "bad-nul/a\x00b", "clash": "bad-clash/a"} {
		t.Run(name, func(t *testing.T) {
			_, err := b.objects.Put(b.ctx, "bucket", key, strings.NewReader("x"), blob.PutOptions{Size: 1})
			must(t, err)
			if name == "clash" {
				_, err := b.objects.Put(b.ctx, "bucket", key+"/b", strings.NewReader("x"), blob.PutOptions{Size: 1})
				must(t, err)
			}
			for _, mode := range []sagemaker.TrainingInputMode{sagemaker.TrainingInputModeFile, sagemaker.TrainingInputModeFastFile} {
				job := fmt.Sprintf("keys-%s-%s", name, mode)
				req := request(job)
				req.InputDataConfig[0].InputMode = mode
				req.InputDataConfig[0].DataSource.S3DataSource.S3Uri = aws.Ptr("s3://bucket/bad-" + name + "/")
				b.create(req)
				out := b.await(job, ended)
				if out.TrainingJobStatus != sagemaker.TrainingJobStatusFailed || !strings.HasPrefix(aws.Val(out.FailureReason), "ClientError: data download failed: channel \"train\": the key") {
					t.Errorf("%s: %s: %q", mode, out.TrainingJobStatus, aws.Val(out.FailureReason))
				}
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// object is the content of an object.
func (b *bundle) object(key string) string {
	b.t.Helper()
	body, _, err := b.objects.Get(b.ctx, "bucket", key, nil)
	must(b.t, err)
	defer body.Close()
	content, err := io.ReadAll(body)
	must(b.t, err)
	return string(content)
}

// attempts are the programs of algo-1 that the runner knows.
func (b *bundle) attempts(name string) (found []int) {
	w := work{home.Account, home.Region, name}
	for i := range 4 {
		if _, err := b.config.Runner.Attach(b.ctx, b.config.Runner.HandleOf(w.programID(i, "algo-1"))); err == nil {
			found = append(found, i)
		}
	}
	return found
}
