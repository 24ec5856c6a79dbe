package training

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// fill starts as many endless jobs as the machine has places for.
func (b *bundle) fill() {
	b.t.Helper()
	for i := range b.Machine.MaxJobs {
		req := request(fmt.Sprintf("fill-%d", i))
		req.Environment = map[string]string{"FAKE_SLEEP": "1h"}
		b.create(req)
		b.await(*req.TrainingJobName, in(sagemaker.SecondaryStatusTraining))
	}
}

func (b *bundle) stop(name string) {
	b.t.Helper()
	_, err := b.StopTrainingJob(b.ctx, &sagemaker.StopTrainingJobInput{TrainingJobName: &name})
	must(b.t, err)
}

// Jobs wait for capacity, say so, and start in the order in which they came,
// also after a restart of the server.
func TestQueue(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		b.fill()
		waits := func(out *sagemaker.DescribeTrainingJobOutput) bool {
			return strings.HasPrefix(*out.SecondaryStatusTransitions[0].StatusMessage, "Waiting for capacity: 2 CPUs")
		}
		for i := range 3 {
			name := fmt.Sprintf("waits-%d", i)
			b.create(request(name))
			if out := b.await(name, waits); out.SecondaryStatus != sagemaker.SecondaryStatusStarting || out.TrainingStartTime != nil {
				t.Errorf("%s is %s and began %v", name, out.SecondaryStatus, out.TrainingStartTime)
			}
		}
		must(t, b.Tasks.Stop(b.ctx))
		b.Service = b.serve(t)
		b.stop("fill-0")
		var before time.Time
		for i := range 3 {
			out := b.await(fmt.Sprintf("waits-%d", i), ended)
			if out.TrainingStartTime.Before(before) {
				t.Errorf("waits-%d began before the one that came before it", i)
			}
			before = *out.TrainingStartTime
		}
	})
}

// A queue that is longer than anybody looks: its jobs wait their turn, their names
// are taken, they can be stopped, and all of them run in the end.
func TestLongQueue(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		b.fill()
		name := func(i int) string { return fmt.Sprintf("waits-%03d", i) }
		const length = lookAhead + 20
		for i := range length {
			b.create(request(name(i)))
			if i == lookAhead { // it saw a full queue before it
				await(t, func() bool { return b.crowded.Load() })
			}
		}
		last := b.describe(name(length - 1))
		if message := *last.SecondaryStatusTransitions[0].StatusMessage; !strings.HasPrefix(message, "Waiting for capacity") {
			t.Errorf("the last one's message is %q", message)
		}
		if _, err := b.CreateTrainingJob(b.ctx, request(name(length-1))); aws.CodeOf(err) != aws.ResourceInUse {
			t.Errorf("its name again: %v", err)
		}
		b.stop(name(length - 2))
		if out := b.await(name(length-2), ended); out.SecondaryStatus != sagemaker.SecondaryStatusStopped {
			t.Errorf("stopped in the queue: %s", out.SecondaryStatus)
		}
		for i := range b.Machine.MaxJobs {
			b.stop(fmt.Sprintf("fill-%d", i))
		}
		for i := range length {
			if out := b.await(name(i), ended); i != length-2 && out.TrainingJobStatus != sagemaker.TrainingJobStatusCompleted {
				t.Errorf("%s is %s", name(i), out.TrainingJobStatus)
			}
		}
	})
}

// WarmPool-1, WarmPool-2, Res-3, DescTJ-16: the instances of an ended job stay available for the next that
// is like it, which then does not queue; one that is not like it does not get
// them.
func TestWarmPool(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		warm := func(name string, volume int32) *sagemaker.CreateTrainingJobInput {
			req := request(name)
			req.ResourceConfig.KeepAlivePeriodInSeconds = aws.Ptr[int32](3600)
			req.ResourceConfig.VolumeSizeInGB = &volume
			return req
		}
		first := warm("first", 1)
		first.Environment = map[string]string{"FAKE_FILES": "sagemaker/warmpoolcache/weights=w"}
		b.create(first)
		if out := b.await("first", ended); out.WarmPoolStatus == nil || out.WarmPoolStatus.Status != "Available" {
			t.Fatalf("the pool is %+v", out.WarmPoolStatus)
		}
		b.create(warm("other", 2))
		b.await("other", ended)
		if out := b.describe("first"); out.WarmPoolStatus.Status != "Available" {
			t.Errorf("WarmPool-2: a job with another volume took the pool: %+v", out.WarmPoolStatus)
		}
		second := warm("second", 1)
		b.create(second)
		out := b.await("second", ended)
		if message := *out.SecondaryStatusTransitions[0].StatusMessage; message != "Reusing the warm pool of the training job first" {
			t.Errorf("%q", message)
		}
		// The second job left what it found, so it lies where the next one would take it.
		kept := filepath.Join(b.cacheDir(work{home.Account, home.Region, "second"}), "algo-1", "weights")
		if text, err := os.ReadFile(kept); err != nil || string(text) != "w" {
			t.Errorf("the cache of the pool holds %q, %v", text, err)
		}
		if p := b.describe("first").WarmPoolStatus; p.Status != "Reused" || *p.ReusedByJob != "second" || p.ResourceRetainedBillableTimeInSeconds == nil {
			t.Errorf("the first pool is %+v", p)
		}
		list, err := b.ListTrainingJobs(b.ctx, &sagemaker.ListTrainingJobsInput{WarmPoolStatusEquals: "Available"})
		must(t, err)
		if n := len(list.TrainingJobSummaries); n != 2 {
			t.Errorf("%d jobs have a pool that is available, want other and second", n)
		}
	})
}

// UpdateTrainingJob-1, DescTJ-16: the time of a warm pool can be changed, and 0 ends it.
//
// covers: sagemaker.UpdateTrainingJob
func TestUpdateKeepAlive(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	req := request("pool")
	req.ResourceConfig.KeepAlivePeriodInSeconds = aws.Ptr[int32](3600)
	b.create(req)
	b.await("pool", ended)
	update := func(in *sagemaker.UpdateTrainingJobInput) error {
		_, err := b.UpdateTrainingJob(b.ctx, in)
		return err
	}
	keep := func(name string, seconds int32) *sagemaker.UpdateTrainingJobInput {
		return &sagemaker.UpdateTrainingJobInput{TrainingJobName: &name, ResourceConfig: &sagemaker.ResourceConfigForUpdate{KeepAlivePeriodInSeconds: &seconds}}
	}
	must(t, update(keep("pool", 60)))
	if out := b.describe("pool"); *out.ResourceConfig.KeepAlivePeriodInSeconds != 60 || out.WarmPoolStatus.Status != "Available" {
		t.Errorf("%+v, %+v", out.ResourceConfig, out.WarmPoolStatus)
	}
	must(t, update(keep("pool", 0)))
	b.await("pool", func(out *sagemaker.DescribeTrainingJobOutput) bool { return out.WarmPoolStatus.Status == "Terminated" })
	if err := update(keep("pool", 60)); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), "no warm pool") {
		t.Errorf("a pool that ended: %v", err)
	}
	if err := update(keep("nope", 60)); aws.CodeOf(err) != aws.ResourceNotFound {
		t.Errorf("an unknown job: %v", err)
	}
	profiler := &sagemaker.UpdateTrainingJobInput{TrainingJobName: aws.Ptr("pool"), ProfilerConfig: &sagemaker.ProfilerConfigForUpdate{DisableProfiler: aws.Ptr(true)}}
	if err := update(profiler); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), "while it is InProgress") {
		t.Errorf("the profiler of an ended job: %v", err)
	}
}

// UpdateTrainingJob-1: a running job's profiler can be switched off; the program
// runs on.
func TestUpdateProfiler(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	req := request("profiled")
	req.ProfilerConfig = &sagemaker.ProfilerConfig{S3OutputPath: aws.Ptr("s3://bucket/profile")}
	req.Environment = map[string]string{"FAKE_SLEEP": "1h"}
	b.create(req)
	if out := b.await("profiled", in(sagemaker.SecondaryStatusTraining)); out.ProfilingStatus != "Enabled" {
		t.Errorf("ProfilingStatus %q", out.ProfilingStatus)
	}
	await(t, func() bool { return len(b.attempts("profiled")) == 1 })
	_, err := b.UpdateTrainingJob(b.ctx, &sagemaker.UpdateTrainingJobInput{
		TrainingJobName: aws.Ptr("profiled"), ProfilerConfig: &sagemaker.ProfilerConfigForUpdate{DisableProfiler: aws.Ptr(true)},
	})
	must(t, err)
	if out := b.describe("profiled"); out.ProfilingStatus != "Disabled" || out.SecondaryStatus != sagemaker.SecondaryStatusTraining {
		t.Errorf("%s, %s", out.ProfilingStatus, out.SecondaryStatus)
	}
	b.stop("profiled")
	b.await("profiled", ended)
}

// A pool yields what it holds to a job that waits for it.
func TestPoolYields(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	for i := range b.Machine.MaxJobs {
		req := request(fmt.Sprintf("pool-%d", i))
		req.ResourceConfig.KeepAlivePeriodInSeconds = aws.Ptr[int32](3600)
		req.ResourceConfig.VolumeSizeInGB = aws.Ptr(int32(i + 10)) // or the next would take this one's pool
		b.create(req)
		b.await(*req.TrainingJobName, ended)
	}
	other := request("other")
	other.ResourceConfig.InstanceType = "ml.c5.large"
	b.create(other)
	if out := b.await("other", ended); out.TrainingJobStatus != "Completed" {
		t.Errorf("%s", out.TrainingJobStatus)
	}
	for i := range b.Machine.MaxJobs {
		want := sagemaker.WarmPoolResourceStatus("Available")
		if i == 0 {
			want = "Terminated"
		}
		if p := b.describe(fmt.Sprintf("pool-%d", i)).WarmPoolStatus; p.Status != want {
			t.Errorf("pool-%d is %s, want %s", i, p.Status, want)
		}
	}
}
