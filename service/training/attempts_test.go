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
	"github.com/sagebrush/sagebrush/aws/instance"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/fake"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// pathOf is the job's history in short.
func pathOf(out *sagemaker.DescribeTrainingJobOutput) string {
	var all []string
	for _, tr := range out.SecondaryStatusTransitions {
		all = append(all, string(tr.Status))
	}
	return strings.Join(all, " ")
}

// spotRequest is a request for spot capacity.
func spotRequest(name string) *sagemaker.CreateTrainingJobInput {
	req := request(name)
	req.EnableManagedSpotTraining = aws.Ptr(true)
	req.StoppingCondition.MaxWaitTimeInSeconds = aws.Ptr[int32](7200)
	return req
}

// CreateTrainingJob-24, CreateTrainingJob-28, TrainContainer-10, DescTJ-6: a job whose spot capacity is reclaimed
// starts again where its checkpoints are; the time between is not billed.
func TestInterruption(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		req := spotRequest("spot")
		req.CheckpointConfig = &sagemaker.CheckpointConfig{S3Uri: aws.Ptr("s3://bucket/ckpt")}
		req.Environment = map[string]string{"FAKE_SLEEP": "1h", "FAKE_FILES": "checkpoints/step=1"}
		b.create(req)
		b.await("spot", in(sagemaker.SecondaryStatusTraining))
		await(t, func() bool {
			_, err := os.Stat(filepath.Join(b.mlDir(work{home.Account, home.Region, "spot"}, "algo-1"), "checkpoints", "step"))
			return err == nil
		})
		must(t, b.Interrupt(b.ctx, home, "spot"))
		out := b.await("spot", func(out *sagemaker.DescribeTrainingJobOutput) bool {
			return strings.Count(pathOf(out), "Training") == 2
		})
		if got, want := pathOf(out), "Starting Downloading Training Interrupted Starting Downloading Training"; got != want {
			t.Errorf("history %s, want %s", got, want)
		}
		if got := b.object("ckpt/step"); got != "1" {
			t.Errorf("the checkpoint holds %q", got)
		}
		_, err := b.StopTrainingJob(b.ctx, &sagemaker.StopTrainingJobInput{TrainingJobName: aws.Ptr("spot")})
		must(t, err)
		out = b.await("spot", ended)
		if out.SecondaryStatus != sagemaker.SecondaryStatusStopped || *out.BillableTimeInSeconds > *out.TrainingTimeInSeconds {
			t.Errorf("%s, billed %d of %d s", out.SecondaryStatus, *out.BillableTimeInSeconds, *out.TrainingTimeInSeconds)
		}
	})
}

// Only running spot jobs can be interrupted.
func TestInterruptRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	req := request("on-demand")
	req.Environment = map[string]string{"FAKE_SLEEP": "1h"}
	b.create(req)
	b.create(spotRequest("over"))
	b.await("over", ended)
	for name, want := range map[string]string{
		"on-demand": "does not use managed spot training", "over": "while its status is Completed", "nope": "Requested resource not found",
	} {
		if err := b.Interrupt(b.ctx, home, name); aws.CodeOf(err) != aws.ValidationException || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := b.Interrupt(b.ctx, aws.Scope{Account: "210987654321", Region: home.Region}, "on-demand"); !strings.Contains(fmt.Sprint(err), "not found") {
		t.Errorf("another account's: %v", err)
	}
}

// CreateTrainingJob-24, Stop-3, DescTJ-7: a spot job that has taken longer than it may,
// waiting included, ends Stopped/MaxWaitTimeExceeded.
func TestMaxWait(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	req := spotRequest("waits")
	req.StoppingCondition.MaxRuntimeInSeconds, req.StoppingCondition.MaxWaitTimeInSeconds = aws.Ptr[int32](1), aws.Ptr[int32](1)
	b.fill()
	b.create(req)
	out := b.await("waits", ended)
	if out.TrainingJobStatus != sagemaker.TrainingJobStatusStopped || out.SecondaryStatus != sagemaker.SecondaryStatusMaxWaitTimeExceeded {
		t.Errorf("%s/%s", out.TrainingJobStatus, out.SecondaryStatus)
	}
	if got := pathOf(out); got != "Starting Stopping MaxWaitTimeExceeded" {
		t.Errorf("history %s", got)
	}
}

// CreateTrainingJob-26, Retry-1: a failure of ours is tried again as often as
// asked for, a failure of the program is not.
func TestRetry(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		req := request("retried")
		req.RetryStrategy = &sagemaker.RetryStrategy{MaximumRetryAttempts: aws.Ptr[int32](2)}
		req.Environment = map[string]string{"FAKE_SLEEP": "1h"}
		b.create(req)
		for attempt := range 3 {
			b.await("retried", in(sagemaker.SecondaryStatusTraining))
			w := work{home.Account, home.Region, "retried"}
			lose(t, b, w.programID(attempt, "algo-1"))
		}
		out := b.await("retried", ended)
		if got, want := pathOf(out), "Starting Downloading Training Starting Downloading Training Starting Downloading Training Failed"; got != want {
			t.Errorf("history %s, want %s", got, want)
		}
		if !strings.HasPrefix(aws.Val(out.FailureReason), "InternalServerError: ") {
			t.Errorf("reason %q", aws.Val(out.FailureReason))
		}
		req = request("not-retried")
		req.RetryStrategy = &sagemaker.RetryStrategy{MaximumRetryAttempts: aws.Ptr[int32](2)}
		req.Environment = map[string]string{"FAKE_EXIT_CODE": "1"}
		b.create(req)
		if got := pathOf(b.await("not-retried", ended)); got != "Starting Downloading Training Uploading Failed" {
			t.Errorf("an algorithm's failure: %s", got)
		}
	})
}

// lose takes a program of the fake runner away, as soon as it is there.
func lose(t *testing.T, b *bundle, id string) {
	t.Helper()
	r := b.config.Runner.(*fake.Runner)
	await(t, func() bool {
		_, err := r.Attach(b.ctx, r.HandleOf(id))
		return err == nil
	})
	r.Lose(run.Handle(r.HandleOf(id)))
}

// TrainContainer-16, DescTJ-21: the machine is checked before the program runs, and
// the status says what was found. A fault is ours, so that RetryStrategy makes up
// for it (CreateTrainingJob-26).
func TestInfraCheck(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	req := request("checked")
	req.InfraCheckConfig = &sagemaker.InfraCheckConfig{EnableInfraCheck: aws.Ptr(true)}
	b.create(req)
	out := b.await("checked", ended)
	if first := out.SecondaryStatusTransitions[0]; out.TrainingJobStatus != "Completed" || !strings.Contains(*first.StatusMessage, "Infrastructure check passed: memory") {
		t.Errorf("%s: %q", out.TrainingJobStatus, *first.StatusMessage)
	}
	must(t, b.Tasks.Stop(b.ctx))
	b.config.Dir = filepath.Join(t.TempDir(), "disk")
	write(t, b.config.Dir, "a file, so that nothing can be written beneath it")
	b.Service = b.serve(t)
	req = request("faulty")
	req.InfraCheckConfig = &sagemaker.InfraCheckConfig{EnableInfraCheck: aws.Ptr(true)}
	req.RetryStrategy = &sagemaker.RetryStrategy{MaximumRetryAttempts: aws.Ptr[int32](1)}
	b.create(req)
	out = b.await("faulty", ended)
	if want := "InternalServerError: the infrastructure check found a fault: disk: "; pathOf(out) != "Starting Starting Failed" || !strings.HasPrefix(aws.Val(out.FailureReason), want) {
		t.Errorf("%s: %q, want %q", pathOf(out), aws.Val(out.FailureReason), want)
	}
}

// D-11, DescTJ-6: what a job cost is said at its end.
func TestBill(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	req := request("billed")
	req.ResourceConfig.InstanceCount = aws.Ptr[int32](2)
	b.create(req)
	out := b.await("billed", ended)
	last := *out.SecondaryStatusTransitions[len(out.SecondaryStatusTransitions)-1].StatusMessage
	seconds := aws.Val(out.BillableTimeInSeconds) // 1 on a machine at rest
	large, _ := instance.Lookup("ml.m5.large")
	want := fmt.Sprintf("Billable: %d s on 2 × ml.m5.large; on demand, AWS would have charged about $%.4f", seconds, 2*large.PriceUSDHour*float64(seconds)/3600)
	if seconds < 1 || large.PriceUSDHour == 0 || !strings.Contains(last, want) {
		t.Errorf("the last message is %q, want %q", last, want)
	}
}

// await waits for a condition that another goroutine brings about.
func await(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the condition does not come about")
		}
	}
}
