package training

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// TrainContainer-5, TrainData-8, Data-8, DescTJ-12: hosts are numbered through all
// groups, and a channel is known to the hosts of the groups that get it alone.
func TestHosts(t *testing.T) {
	t.Parallel()
	in := request("x")
	twoGroups(in, "scouts", "workers")
	setDefaults(in, image.Image{})
	hosts := hostsOf(in)
	if got := strings.Join(namesOf(hosts), " "); got != "algo-1 algo-2 algo-3" {
		t.Errorf("hosts %s", got)
	}
	text, err := json.Marshal(resourceConfig(hosts, 2, "eth0"))
	must(t, err)
	want := `{"current_host":"algo-3","current_instance_type":"ml.m5.large","current_group_name":"workers","hosts":["algo-1","algo-2","algo-3"],` +
		`"instance_groups":[{"instance_group_name":"scouts","instance_type":"ml.c5.xlarge","hosts":["algo-1"]},{"instance_group_name":"workers","instance_type":"ml.m5.large","hosts":["algo-2","algo-3"]}],` +
		`"network_interface_name":"eth0"}`
	if string(text) != want {
		t.Errorf("resourceconfig.json is %s\nwant %s", text, want)
	}
	c := in.InputDataConfig[0]
	c.DataSource.S3DataSource.InstanceGroupNames = []string{"workers"}
	for i, want := range []int{0, 1, 1} {
		if n := len(inputDataConfig(in, hosts[i])); n != want {
			t.Errorf("host %d reads of %d channels, want %d", i+1, n, want)
		}
	}
}

// TrainContainer-7, -8, -12: every host has its program, its /opt/ml and its log
// stream; the results of all are one archive.
func TestSeveralHosts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		req := request("three")
		req.ResourceConfig.InstanceCount = aws.Ptr[int32](3)
		req.AlgorithmSpecification.MetricDefinitions = []*sagemaker.MetricDefinition{{Name: aws.Ptr("loss"), Regex: aws.Ptr("loss=([0-9.]+)")}}
		req.Environment = map[string]string{
			"HOST_1_FAKE_LOG": "loss=0.5", "HOST_2_FAKE_LOG": "loss=0.5", "HOST_3_FAKE_LOG": "hello",
			"HOST_1_FAKE_FILES": "model/one=1", "HOST_2_FAKE_FILES": "model/two=2", "HOST_3_FAKE_FILES": "output/data/three=3",
		}
		b.create(req)
		out := b.await("three", ended)
		if out.TrainingJobStatus != sagemaker.TrainingJobStatusCompleted {
			t.Fatalf("%s: %s", out.TrainingJobStatus, aws.Val(out.FailureReason))
		}
		if got := b.members("out/three/output/model.tar.gz"); !slices.Equal(got, []string{"one", "two"}) {
			t.Errorf("the model holds %q", got)
		}
		if got := b.members("out/three/output/output.tar.gz"); !slices.Equal(got, []string{"three"}) {
			t.Errorf("the output holds %q", got)
		}
		var streams []logstream.Stream
		must(t, db.View(b.ctx, func(tx *store.Tx) (err error) {
			streams, err = b.Streams.Streams(tx, home, LogGroup, "three/", logstream.Ascending, "", 0)
			return err
		}))
		if len(streams) != 3 {
			t.Errorf("there are %d log streams: %+v", len(streams), streams)
		}
		b.sink.mu.Lock()
		defer b.sink.mu.Unlock()
		if len(b.sink.values) != 2 {
			t.Errorf("the same line of two hosts is two values, got %v", b.sink.values)
		}
		for _, host := range []string{"algo-1", "algo-2", "algo-3"} {
			for _, name := range []string{"CPUUtilization", "MemoryUtilization", "DiskUtilization"} {
				if _, ok := b.sink.instances["three/"+host+"/"+name]; !ok {
					t.Errorf("TrainContainer-14: %s has no %s: %v", host, name, b.sink.instances)
				}
			}
		}
	})
}

// TrainContainer-7: a job fails when one host fails; the others are stopped, and
// the reason names the host that failed first.
func TestOneHostFails(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	req := request("one-fails")
	req.ResourceConfig.InstanceCount = aws.Ptr[int32](3)
	req.Environment = map[string]string{"FAKE_SLEEP": "1h", "HOST_2_FAKE_SLEEP": "0", "HOST_2_FAKE_EXIT_CODE": "7"}
	b.create(req)
	out := b.await("one-fails", ended)
	if want := "AlgorithmError: the program exited with code 7 (host algo-2)"; out.TrainingJobStatus != "Failed" || aws.Val(out.FailureReason) != want {
		t.Errorf("%s: %q, want %q", out.TrainingJobStatus, aws.Val(out.FailureReason), want)
	}
}

// Whatever ended, nothing of the job is left on the machine but its log.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	req := request("tidy")
	req.ResourceConfig.InstanceCount = aws.Ptr[int32](2)
	b.create(req)
	b.await("tidy", ended)
	await(t, func() bool {
		_, err := os.Stat(filepath.Join(b.Dir, home.Account, home.Region, "tidy"))
		return os.IsNotExist(err)
	})
}

// TrainContainer-10, TrainContainer-11, Ckpt-1, DescTJ-17: checkpoints come from S3 and go there, on every
// host; TensorBoard files and tensors only go.
func TestSyncedDirectories(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	_, err := b.objects.Put(b.ctx, "bucket", "ckpt/epoch-1", strings.NewReader("old"), blob.PutOptions{Size: 3})
	must(t, err)
	req := request("synced")
	req.CheckpointConfig = &sagemaker.CheckpointConfig{S3Uri: aws.Ptr("s3://bucket/ckpt/")}
	req.TensorBoardOutputConfig = &sagemaker.TensorBoardOutputConfig{S3OutputPath: aws.Ptr("s3://bucket/tb")}
	req.DebugHookConfig = &sagemaker.DebugHookConfig{S3OutputPath: aws.Ptr("s3://bucket/debug")}
	req.ProfilerConfig = &sagemaker.ProfilerConfig{S3OutputPath: aws.Ptr("s3://bucket/profile")}
	req.Environment = map[string]string{"FAKE_FILES": "checkpoints/epoch-2=new\noutput/tensorboard/events=tb\noutput/tensors/t=d"}
	b.create(req)
	if out := b.await("synced", ended); out.TrainingJobStatus != "Completed" {
		t.Fatalf("%s: %s", out.TrainingJobStatus, aws.Val(out.FailureReason))
	}
	for key, want := range map[string]string{
		"ckpt/epoch-1": "old", "ckpt/epoch-2": "new",
		"tb/synced/tensorboard-output/events": "tb", "debug/synced/debug-output/t": "d",
	} {
		if got := b.object(key); got != want {
			t.Errorf("%s holds %q, want %q", key, got, want)
		}
	}
	page, err := b.objects.List(b.ctx, "bucket", blob.ListOptions{Prefix: "profile/synced/profiler-output/system/incremental/", Max: 10})
	must(t, err)
	if len(page.Objects) == 0 {
		t.Error("TrainContainer-11: the profiler's system metrics are not there")
	}
}
