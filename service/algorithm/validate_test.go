package algorithm

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/api/sagemaker"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

var completed = sagemaker.DescribeTrainingJobOutput{TrainingJobStatus: sagemaker.TrainingJobStatusCompleted}

// CreateAlgorithm-7, -8, CreateAlgorithm-9, DescribeAlgorithm-2: the profiles' training jobs are
// made one after the other, by the validation role, with what the algorithm
// brings; until they have completed, the algorithm can be neither used nor deleted.
func TestValidation(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		b.serve()() // stopped again, so that nobody begins
		request := validated("Good", "example/image:1", "first", "second")
		d := request.ValidationSpecification.ValidationProfiles[0].TrainingJobDefinition
		d.StoppingCondition.MaxWaitTimeInSeconds, d.ResourceConfig.KeepAlivePeriodInSeconds = aws.Ptr[int32](900), aws.Ptr[int32](60)
		b.create(request)
		look := func(want string) {
			t.Helper()
			out := b.describe("Good")
			got := string(out.AlgorithmStatus)
			for _, s := range out.AlgorithmStatusDetails.ValidationStatuses {
				got += fmt.Sprintf(" %s:%s", *s.Name, s.Status)
			}
			if got != want {
				t.Errorf("%s, want %s", got, want)
			}
			if !isEnded(out) {
				_, _, err := b.TrainingSpecification(b.ctx, home, "Good")
				refused(t, err, fmt.Sprintf("is in status %s. An algorithm can be used once it is Completed", out.AlgorithmStatus))
				_, err = b.DeleteAlgorithm(b.ctx, &sagemaker.DeleteAlgorithmInput{AlgorithmName: aws.Ptr("Good")})
				refused(t, err, fmt.Sprintf("Cannot delete Algorithm in %s status", out.AlgorithmStatus))
			}
		}
		look("Pending first:NotStarted second:NotStarted")
		b.serve()
		jobs := func(n int) func(*sagemaker.DescribeAlgorithmOutput) bool {
			return func(*sagemaker.DescribeAlgorithmOutput) bool { return len(b.trainer.all()) == n }
		}
		b.await("Good", jobs(1))
		look("InProgress first:InProgress second:NotStarted")
		b.trainer.finish(b.trainer.all()[0], sagemaker.TrainingJobStatusCompleted, sagemaker.SecondaryStatusCompleted)
		b.await("Good", jobs(2))
		look("InProgress first:Completed second:InProgress")
		b.trainer.finish(b.trainer.all()[1], sagemaker.TrainingJobStatusCompleted, sagemaker.SecondaryStatusCompleted)
		b.await("Good", isEnded)
		look("Completed first:Completed second:Completed")
		names := b.trainer.all()
		if len(names) != 2 || !strings.HasPrefix(names[0], "Good-first-") || !strings.HasPrefix(names[1], "Good-second-") {
			t.Fatalf("training jobs %v", names)
		}
		in, caller := b.trainer.inputs[names[0]], b.trainer.callers[names[0]]
		if caller.Scope != home || caller.ARN != *in.RoleArn || *in.RoleArn != "arn:aws:iam::123456789012:role/validator" ||
			in.HyperParameters["rounds"] != "3" || in.HyperParameters["rate"] != "0.1" ||
			*in.AlgorithmSpecification.TrainingImage != "example/image:1" || *in.AlgorithmSpecification.MetricDefinitions[0].Name != "loss" ||
			*in.OutputDataConfig.S3OutputPath != "s3://bucket/out" || *in.StoppingCondition.MaxRuntimeInSeconds != 600 {
			t.Errorf("the job was made by %+v as %+v", caller, in)
		}
		// What says nothing for a validation job stays in the description (DescribeAlgorithm-10).
		d = b.describe("Good").ValidationSpecification.ValidationProfiles[0].TrainingJobDefinition
		if in.StoppingCondition.MaxWaitTimeInSeconds != nil || in.ResourceConfig.KeepAlivePeriodInSeconds != nil ||
			*d.StoppingCondition.MaxWaitTimeInSeconds != 900 || *d.ResourceConfig.KeepAlivePeriodInSeconds != 60 {
			t.Errorf("the job has %+v, %+v; described are %+v, %+v", in.StoppingCondition, in.ResourceConfig, d.StoppingCondition, d.ResourceConfig)
		}
		if _, _, err := b.TrainingSpecification(b.ctx, home, "Good"); err != nil {
			t.Errorf("a validated algorithm cannot be used: %v", err)
		}
	})
}

func reasons(out *sagemaker.DescribeAlgorithmOutput) (list []string) {
	for _, s := range out.AlgorithmStatusDetails.ValidationStatuses {
		list = append(list, fmt.Sprintf("%s %s %s", *s.Name, s.Status, aws.Val(s.FailureReason)))
	}
	return list
}

// DescribeAlgorithm-1, -2: a profile whose job fails, is stopped or is refused
// fails with the reason, the profiles after it do not start, and the algorithm is
// Failed: it cannot be used, and it can be deleted (DeleteAlgorithm-1).
func TestValidationFails(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	b.trainer.end["example/bad:1"] = sagemaker.DescribeTrainingJobOutput{TrainingJobStatus: "Failed", FailureReason: aws.Ptr("AlgorithmError: no column y")}
	b.trainer.end["example/slow:1"] = sagemaker.DescribeTrainingJobOutput{TrainingJobStatus: "Stopped", SecondaryStatus: "MaxRuntimeExceeded"}
	b.serve()
	b.create(validated("bad", "example/bad:1", "p", "q"))
	b.create(validated("slow", "example/slow:1", "p", "q"))
	noData := validated("no-data", "example/image:1", "p", "q")
	noData.ValidationSpecification.ValidationProfiles[0].TrainingJobDefinition.InputDataConfig[0].DataSource.S3DataSource.S3Uri = aws.Ptr("s3://bucket/empty/")
	b.create(noData)
	for name, want := range map[string]string{
		"bad":     "failed: AlgorithmError: no column y",
		"slow":    "was stopped before it completed (MaxRuntimeExceeded)",
		"no-data": "The training job of the profile was refused: No S3 objects found under S3 URL",
	} {
		out := b.await(name, isEnded)
		s := out.AlgorithmStatusDetails.ValidationStatuses
		if out.AlgorithmStatus != "Failed" || s[0].Status != "Failed" || !strings.Contains(aws.Val(s[0].FailureReason), want) || s[1].Status != "NotStarted" {
			t.Errorf("%s: %s, %q", name, out.AlgorithmStatus, reasons(out))
		}
		_, _, err := b.TrainingSpecification(b.ctx, home, name)
		refused(t, err, "is in status Failed")
		_, err = b.DeleteAlgorithm(b.ctx, &sagemaker.DeleteAlgorithmInput{AlgorithmName: &name})
		must(t, err)
	}
	if names := b.trainer.all(); len(names) != 2 {
		t.Errorf("training jobs %v", names)
	}
}

// CreateAlgorithm-7: a server that dies at whatever instant looks after the same
// job when it is back, and starts none twice.
func TestValidationSurvivesRestarts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db)
		stop := b.serve()
		b.create(validated("restarted", "example/image:1", "p"))
		for range 5 {
			stop()
			stop = b.serve()
		}
		b.await("restarted", func(*sagemaker.DescribeAlgorithmOutput) bool { return len(b.trainer.all()) > 0 })
		stop()
		b.trainer.finish(b.trainer.all()[0], sagemaker.TrainingJobStatusCompleted, sagemaker.SecondaryStatusCompleted)
		b.serve()
		if out := b.await("restarted", isEnded); out.AlgorithmStatus != "Completed" || len(b.trainer.all()) != 1 {
			t.Errorf("%s: %q, training jobs %v", out.AlgorithmStatus, reasons(out), b.trainer.all())
		}
	})
}

// Errors of the server itself are tried again, and a name in use is our own job:
// the server died between its start and the next look.
func TestValidationTriesAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	b.trainer.end["example/image:1"] = completed
	// What goes wrong, one call after the other.
	faults := []error{errors.New("database away"), aws.Invalid("Requested resource not found."), aws.Errorf(aws.ThrottlingException, "slower"),
		aws.Invalid("Requested resource not found."), aws.Errorf(aws.ResourceInUse, "in use")}
	b.trainer.fault = func(string) (err error) {
		if len(faults) > 0 {
			err, faults = faults[0], faults[1:]
		}
		return err
	}
	b.serve()
	b.create(validated("again", "example/image:1", "p"))
	if out := b.await("again", isEnded); out.AlgorithmStatus != "Completed" || len(b.trainer.all()) != 1 || len(b.trainer.stopped) != 0 {
		t.Errorf("%s: %q, jobs %v, stopped %v", out.AlgorithmStatus, reasons(out), b.trainer.all(), b.trainer.stopped)
	}
}

// A validation that the server cannot bring forward ends, from wherever it
// stands, and the job that it may have started is stopped.
func TestGiveUp(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t))
	b.trainer.fault = func(string) error { return errors.New("out of order") }
	b.serve()()
	b.create(validated("stuck", "example/image:1", "p", "q"))
	w := work{home.Account, home.Region, "stuck"}
	must(t, b.giveUp(t.Context(), w))
	out := b.describe("stuck")
	r := reasons(out)
	if out.AlgorithmStatus != "Failed" || !strings.Contains(r[0], "p Failed InternalServerError") || !strings.HasPrefix(r[1], "q NotStarted") {
		t.Errorf("%s: %q", out.AlgorithmStatus, r)
	}
	if len(b.trainer.stopped) != 1 || !strings.HasPrefix(b.trainer.stopped[0], "stuck-p-") {
		t.Errorf("stopped %v", b.trainer.stopped)
	}
	if again, err := b.advance(t.Context(), w); again != 0 || err != nil {
		t.Errorf("an ended algorithm goes on: %v, %v", again, err)
	}
	if again, err := b.advance(t.Context(), work{home.Account, home.Region, "gone"}); again != 0 || err != nil {
		t.Errorf("a deleted algorithm goes on: %v, %v", again, err)
	}
}

// The life cycle as next decides it.
func TestNext(t *testing.T) {
	t.Parallel()
	profiles := func(states ...detail) (list []Profile) {
		for _, s := range states {
			list = append(list, Profile{Status: s})
		}
		return list
	}
	for _, c := range []struct {
		algorithm Algorithm
		want      step
		profile   int
	}{
		{Algorithm{Status: "Pending", Profiles: profiles("NotStarted")}, stepBegin, 0},
		{Algorithm{Status: "InProgress", Profiles: profiles("NotStarted", "NotStarted")}, stepStart, 0},
		{Algorithm{Status: "InProgress", Profiles: profiles("InProgress", "NotStarted")}, stepWatch, 0},
		{Algorithm{Status: "InProgress", Profiles: profiles("Completed", "NotStarted")}, stepStart, 1},
		{Algorithm{Status: "InProgress", Profiles: profiles("Completed", "InProgress")}, stepWatch, 1},
		{Algorithm{Status: "InProgress", Profiles: profiles("Completed", "Failed")}, stepFail, 1},
		{Algorithm{Status: "InProgress", Profiles: profiles("Completed", "Completed")}, stepComplete, 0},
		{Algorithm{Status: "Completed", Profiles: profiles("Completed")}, stepNone, 0},
		{Algorithm{Status: "Failed", Profiles: profiles("Failed")}, stepNone, 0},
	} {
		if got, profile := next(&c.algorithm); got != c.want || profile != c.profile {
			t.Errorf("next(%+v) = %q %d, want %q %d", c.algorithm, got, profile, c.want, c.profile)
		}
	}
}

// Young jobs are looked at often, old ones seldom.
func TestInterval(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]time.Duration{
		-time.Second: 100 * time.Millisecond, 0: 100 * time.Millisecond, 10 * time.Second: time.Second, time.Hour: 5 * time.Second,
	} {
		if got := interval(age); got != want {
			t.Errorf("interval(%v) = %v, want %v", age, got, want)
		}
	}
}

// DescribeAlgorithm-10: whatever the names, a job's name is one that training
// jobs may have, and another one each time.
func TestJobName(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile("^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$")
	var seen []string
	for _, name := range []string{"a", "a-b", strings.Repeat("x", 63), strings.Repeat("x", 29) + "--y", strings.Repeat("a-", 31) + "a"} {
		for range 2 {
			job := jobName(name, name)
			if !pattern.MatchString(job) || len(job) > 63 || slices.Contains(seen, job) {
				t.Errorf("%q", job)
			}
			seen = append(seen, job)
		}
	}
}
