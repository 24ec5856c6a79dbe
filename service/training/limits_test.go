package training

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/fake"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
	"github.com/sagebrush/sagebrush/task"
)

// edit changes a job's row behind the service's back.
func (b *bundle) edit(name string, change func(*Job)) {
	b.t.Helper()
	must(b.t, b.config.DB.Update(b.ctx, func(tx *store.Tx) error {
		r, err := jobs.Get(tx, home, name)
		if err != nil {
			return err
		}
		change(&r.Body)
		return jobs.Update(tx, r)
	}))
}

// later moves the beginning of the job's attempt into the past, as if it had run
// for so long, by a server that comes back.
func (b *bundle) later(name string, by time.Duration) {
	b.t.Helper()
	must(b.t, b.Tasks.Stop(b.ctx))
	b.edit(name, func(j *Job) {
		started, attempt := j.StartedAt.Add(-by), j.AttemptAt.Add(-by)
		j.StartedAt, j.AttemptAt = &started, &attempt
	})
	b.Service = b.serve(b.t)
}

// A job that has not begun after MaxPendingTimeInSeconds is stopped; one that has
// begun is left alone, however long it runs (CreateTrainingJob-14, Stop-5, DescTJ-7).
func TestMaxPending(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	b.fill()
	req := request("waits")
	req.StoppingCondition.MaxPendingTimeInSeconds = aws.Ptr[int32](1)
	b.create(req)
	out := b.await("waits", ended)
	if out.TrainingJobStatus != sagemaker.TrainingJobStatusStopped || pathOf(out) != "Starting Stopping Stopped" || out.TrainingStartTime != nil {
		t.Errorf("%s, %s, began %v", out.TrainingJobStatus, pathOf(out), out.TrainingStartTime)
	}
	if last := out.SecondaryStatusTransitions[2]; !strings.Contains(*last.StatusMessage, "waited longer than MaxPendingTimeInSeconds") {
		t.Errorf("%q", *last.StatusMessage)
	}
	// The same, at once, for a job that has begun.
	payload, err := json.Marshal(limit{work{home.Account, home.Region, "fill-0"}, StopMaxPending})
	must(t, err)
	must(t, b.endAtLimit(b.ctx, &task.Task{Kind: taskLimit, Payload: payload}))
	if out := b.describe("fill-0"); out.SecondaryStatus != sagemaker.SecondaryStatusTraining {
		t.Errorf("the job that had begun is %s", out.SecondaryStatus)
	}
}

// MaxRuntimeInSeconds is the sum over all attempts: two halves of it in two
// attempts are the whole (Stop-4, CreateTrainingJob-13, CreateTrainingJob-27, DescTJ-7).
func TestAttemptsShareMaxRuntime(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	req := request("halves")
	req.RetryStrategy = &sagemaker.RetryStrategy{MaximumRetryAttempts: aws.Ptr[int32](5)}
	req.Environment = map[string]string{"FAKE_SLEEP": "1h", "FAKE_MODEL": "half"}
	b.create(req)
	w := work{home.Account, home.Region, "halves"}
	b.await("halves", in(sagemaker.SecondaryStatusTraining))
	await(t, func() bool { return len(b.attempts("halves")) == 1 })
	b.later("halves", 30*time.Minute)
	if out := b.describe("halves"); out.SecondaryStatus != sagemaker.SecondaryStatusTraining {
		t.Fatalf("after the first half: %s", out.SecondaryStatus)
	}
	r := b.config.Runner.(*fake.Runner)
	b.await("halves", func(out *sagemaker.DescribeTrainingJobOutput) bool {
		r.Lose(r.HandleOf(w.programID(0, "algo-1"))) // again where it was started again meanwhile
		return strings.Count(pathOf(out), "Training") == 2
	})
	await(t, func() bool { return slices.Equal(b.attempts("halves"), []int{1}) })
	b.later("halves", 30*time.Minute)
	out := b.await("halves", ended)
	if got, want := pathOf(out), "Starting Downloading Training Starting Downloading Training Stopping MaxRuntimeExceeded"; got != want {
		t.Errorf("history %s, want %s", got, want)
	}
	if *out.BillableTimeInSeconds < 3600 || *out.BillableTimeInSeconds > 3660 || *out.ModelArtifacts.S3ModelArtifacts == "" {
		t.Errorf("billed %d s, model %q", *out.BillableTimeInSeconds, *out.ModelArtifacts.S3ModelArtifacts)
	}
}

// D-78 (CreateTrainingJob-13, Stop-4): what a job has made is uploaded however late
// it is, beyond the 30 days that a job has on AWS.
func TestLateUpload(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	must(t, b.Tasks.Stop(b.ctx))
	objects := gatedObjects{b.config.Objects, newGate(), newGate()}
	close(objects.reading.open)
	b.config.Objects = objects
	b.Service = b.serve(t)
	req := request("late")
	req.Environment = map[string]string{"FAKE_MODEL": "m"}
	b.create(req)
	<-objects.writing.reached
	b.later("late", 31*24*time.Hour)
	close(objects.writing.open)
	if out := b.await("late", ended); out.TrainingJobStatus != sagemaker.TrainingJobStatusCompleted || len(b.members("out/late/output/model.tar.gz")) == 0 {
		t.Errorf("%s: %s", out.TrainingJobStatus, aws.Val(out.FailureReason))
	}
}

// builtInImages are all of them ours.
type builtInImages struct{ anyImage }

func (i builtInImages) Resolve(ctx context.Context, uri string) (image.Image, error) {
	img, err := i.anyImage.Resolve(ctx, uri)
	img.BuiltIn = true
	return img, err
}

// D-80 (CreateTrainingJob-12): an algorithm of ours without checkpoints may wait for
// spot capacity for longer than an hour.
func TestLongWait(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	b.Images = builtInImages{}
	b.create(spotRequest("patient"))
	if out := b.await("patient", ended); out.TrainingJobStatus != sagemaker.TrainingJobStatusCompleted || *out.StoppingCondition.MaxWaitTimeInSeconds != 7200 {
		t.Errorf("%s, %+v", out.TrainingJobStatus, out.StoppingCondition)
	}
}

// gracefulRunner notes what grace programs are given: at their start, for the time
// when no server is there, and when they are stopped.
type gracefulRunner struct {
	run.Runner
	mu     sync.Mutex
	graces []time.Duration
}

type gracefulProcess struct {
	run.Process
	runner *gracefulRunner
}

func (r *gracefulRunner) note(grace time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.graces = append(r.graces, grace)
}

func (r *gracefulRunner) Start(ctx context.Context, s run.Spec) (run.Process, error) {
	r.note(s.Limits.Grace)
	return r.Runner.Start(ctx, s)
}

func (r *gracefulRunner) Attach(ctx context.Context, h run.Handle) (run.Process, error) {
	p, err := r.Runner.Attach(ctx, h)
	return gracefulProcess{p, r}, err
}

func (p gracefulProcess) Stop(ctx context.Context, grace time.Duration) error {
	p.runner.note(grace)
	return p.Process.Stop(ctx, grace)
}

// StopTrainingJob-1, Stop-1: programs have 120 s between SIGTERM and SIGKILL, or
// what the server was told. What becomes of one that ignores SIGTERM is proved
// with real processes, in e2e/faults.
func TestStopGrace(t *testing.T) {
	t.Parallel()
	for given, want := range map[time.Duration]time.Duration{0: 120 * time.Second, 7 * time.Second: 7 * time.Second} {
		b := setup(t, storetest.SQLite(t))
		must(t, b.Tasks.Stop(b.ctx))
		r := &gracefulRunner{Runner: b.config.Runner}
		b.config.Runner, b.config.StopGrace = r, given
		b.Service = b.serve(t)
		req := request("graceful")
		req.Environment = map[string]string{"FAKE_SLEEP": "1h"}
		b.create(req)
		b.await("graceful", in(sagemaker.SecondaryStatusTraining))
		await(t, func() bool { return len(b.attempts("graceful")) == 1 })
		b.stop("graceful")
		b.await("graceful", ended)
		r.mu.Lock()
		if len(r.graces) < 2 {
			t.Errorf("graces %v: the program was not started and stopped", r.graces)
		}
		for _, grace := range r.graces {
			if grace != want {
				t.Errorf("a grace of %v, want %v", grace, want)
			}
		}
		r.mu.Unlock()
	}
}

// StopTrainingJob-2: a job that has ended cannot be stopped, and the refusal
// names its status as the live service does.
func TestStopRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	failing, endless := request("failed"), request("stopped")
	failing.Environment = map[string]string{"FAKE_EXIT_CODE": "1"}
	endless.Environment = map[string]string{"FAKE_SLEEP": "1h"}
	for _, req := range []*sagemaker.CreateTrainingJobInput{request("completed"), failing, endless} {
		b.create(req)
	}
	b.await("stopped", in(sagemaker.SecondaryStatusTraining))
	b.stop("stopped")
	for name, status := range map[string]string{"completed": "Completed", "failed": "Failed", "stopped": "Stopped"} {
		b.await(name, ended)
		_, err := b.StopTrainingJob(b.ctx, &sagemaker.StopTrainingJobInput{TrainingJobName: &name})
		if want := "The request was rejected because the training job is in status " + status + "."; aws.CodeOf(err) != aws.ValidationException || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
