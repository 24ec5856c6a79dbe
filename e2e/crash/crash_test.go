package crash

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
	"github.com/sagebrush/sagebrush/e2e/internal/witness"
	"github.com/sagebrush/sagebrush/store/storetest"
)

func TestMain(m *testing.M) { server.Main(m) }

func TestKilledServerLosesNothing(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		if strings.HasPrefix(url, "sqlite:") {
			url = "sqlite"
		}
		crash(t, url)
	})
}

// number reads a variable.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func crash(t *testing.T, database string) {
	jobs := number(t, "SAGEBRUSH_CRASH_JOBS", 50)
	if testing.Short() {
		jobs = 8
	}
	tr := begin(t, database, 5*time.Minute)
	w := tr.witness()
	tr.killing(tr.upTo(700*time.Millisecond), func() { tr.train(jobs, kind) })
	t.Logf("%d jobs, %d kills", jobs, tr.server.Kills())
	for i := range jobs {
		if err := w.Check(tr.ctx, tr.client, jobName(i)); err != nil {
			t.Errorf("%s: %v", jobName(i), err)
		}
	}
	tr.server.NothingLeft(t)
}

// kind is the i-th job: some have several hosts, some read data that has to be
// delivered while the server is dead.
func kind(i int) map[string]any {
	job := witness.Job(jobName(i), "")
	if i%3 == 1 {
		job = witness.OnHosts(job, 2)
	}
	if i%4 == 2 {
		job = witness.Streamed(job)
	}
	return job
}

func jobName(i int) string { return fmt.Sprintf("crash-%02d", i) }

// completed waits for the job's end, which must be a good one.
func completed(ctx context.Context, client *server.Client, name string) error {
	job, err := client.Ended(ctx, name)
	if err == nil && job.TrainingJobStatus != "Completed" {
		err = fmt.Errorf("%s is %s: %s", name, job.TrainingJobStatus, job.FailureReason)
	}
	return err
}
