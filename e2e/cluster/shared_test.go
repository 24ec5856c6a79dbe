package cluster

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
	"github.com/sagebrush/sagebrush/e2e/internal/witness"
	"github.com/sagebrush/sagebrush/store/storetest"
)

func TestMain(m *testing.M) { server.Main(m) }

// pair starts two servers on one new database and one data directory.
func pair(t *testing.T, args ...string) (context.Context, [2]*server.Server, *witness.Witness) {
	t.Helper()
	url := storetest.EmptyPostgresURL(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	dir := server.Directory(t)
	var servers [2]*server.Server
	started := make(chan error, len(servers))
	for i := range servers {
		servers[i] = server.New(t, server.Options{Dir: filepath.Join(dir, "data"), Database: url, Args: args})
		// Both at once: they make the schema, the keys and the authority together.
		go func() { started <- servers[i].Start(ctx) }()
	}
	if err := errors.Join(<-started, <-started); err != nil {
		t.Fatal(err)
	}
	return ctx, servers, witness.Prepare(ctx, t, servers[0], dir)
}

func jobName(i int) string { return fmt.Sprintf("shared-%02d", i) }

// until waits for a condition.
func until(ctx context.Context, t *testing.T, what string, met func() bool) {
	t.Helper()
	for !met() {
		if ctx.Err() != nil {
			t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Each job runs once, whichever server it was given to, and both know all.
func TestJobsAreShared(t *testing.T) {
	t.Parallel()
	const jobs = 12
	ctx, servers, w := pair(t, "--max-jobs", "4")
	clients := [2]*server.Client{servers[0].Client(), servers[1].Client()}
	for i := range jobs {
		if err := clients[i%2].Train(ctx, witness.Job(jobName(i), "")); err != nil {
			t.Fatal(err)
		}
	}
	for i := range jobs {
		for _, c := range clients { // each asks the server the job was not given to, too
			if _, err := c.Ended(ctx, jobName(i)); err != nil {
				t.Fatal(err)
			}
			if err := w.Check(ctx, c, jobName(i)); err != nil {
				t.Errorf("%s: %v", jobName(i), err)
			}
		}
	}
	for i, c := range clients {
		var list struct {
			TrainingJobSummaries []struct{ TrainingJobName string }
		}
		if err := c.Call(ctx, "sagemaker", "SageMaker.ListTrainingJobs", map[string]int{"MaxResults": 100}, &list); err != nil {
			t.Fatal(err)
		}
		if got := len(list.TrainingJobSummaries); got != jobs {
			t.Errorf("server %d lists %d jobs, want %d", i, got, jobs)
		}
	}
	servers[0].NothingLeft(t)
}

// bothBusy gives the pair, which runs four jobs at a time, twice as many, each
// server half of them, and waits until the machine has all that it may run: servers
// that share a database share its capacity. Programs run for pause seconds.
func bothBusy(ctx context.Context, t *testing.T, servers [2]*server.Server, w *witness.Witness, pause string) (jobs []string) {
	t.Helper()
	for i := range 8 {
		jobs = append(jobs, jobName(i))
		if err := servers[i%2].Client().Train(ctx, witness.Job(jobName(i), pause)); err != nil {
			t.Fatal(err)
		}
	}
	until(ctx, t, "the machine has all the jobs that it may run", func() bool { return len(w.Runs("*")) == 4 })
	return jobs
}

// completed waits for the jobs' end and looks whether each ran once.
func completed(ctx context.Context, t *testing.T, s *server.Server, w *witness.Witness, jobs []string, limit time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, name := range jobs {
		if _, err := s.Client().Ended(ctx, name); err != nil {
			t.Fatalf("within %v: %v", limit, err)
		}
		if err := w.Check(ctx, s.Client(), name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A killed server's jobs are the other's within 15 seconds: the programs ran on
// under their supervisors, and the jobs that had not begun begin.
func TestSurvivorTakesOver(t *testing.T) {
	t.Parallel()
	ctx, servers, w := pair(t, "--max-jobs", "4")
	jobs := bothBusy(ctx, t, servers, w, "1.5")
	servers[1].Kill()
	completed(ctx, t, servers[0], w, jobs, 15*time.Second)
	servers[0].NothingLeft(t)
}

// A server that is stopped in order gives its jobs away at once.
func TestStoppedServerHandsOver(t *testing.T) {
	t.Parallel()
	ctx, servers, w := pair(t, "--max-jobs", "4")
	jobs := bothBusy(ctx, t, servers, w, "1")
	if err := servers[1].Stop(); err != nil {
		t.Error(err)
	}
	// Less than a lease, so nobody waited for one to end.
	completed(ctx, t, servers[0], w, jobs, 9*time.Second)
	servers[0].NothingLeft(t)
}

// A job is stopped through whichever server, and runs on either
// (StopTrainingJob-1).
func TestJobsAreStoppedThroughTheOther(t *testing.T) {
	t.Parallel()
	ctx, servers, w := pair(t, "--max-jobs", "2")
	for i := range 2 {
		if err := servers[i].Client().Train(ctx, witness.Job(jobName(i), "60")); err != nil {
			t.Fatal(err)
		}
	}
	until(ctx, t, "both run", func() bool { return len(w.Runs("*")) == 2 })
	for i := range 2 {
		if err := servers[0].Client().StopJob(ctx, jobName(i)); err != nil {
			t.Error(err)
		}
	}
	for i := range 2 {
		job, err := servers[1].Client().Ended(ctx, jobName(i))
		if err != nil || job.TrainingJobStatus != "Stopped" || job.ModelArtifacts.S3ModelArtifacts == "" {
			t.Errorf("%+v, %v", job, err)
		}
	}
	servers[0].NothingLeft(t)
}

// Keys made at one server open the other within seconds, and close it again.
func TestKeysAreShared(t *testing.T) {
	t.Parallel()
	ctx, servers, _ := pair(t)
	key := otherKey(ctx, t, servers[0]) // the command finds one of the two
	works := func(s *server.Server) bool {
		return s.As(key).Call(ctx, "sagemaker", "SageMaker.ListTrainingJobs", map[string]any{}, nil) == nil
	}
	seconds, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for i, s := range servers {
		until(seconds, t, fmt.Sprintf("the key works on server %d", i), func() bool { return works(s) })
	}
	if _, err := servers[0].Command(ctx, "keys", "delete", key.AccessKeyID); err != nil {
		t.Fatal(err)
	}
	seconds, cancel = context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	until(seconds, t, "the key works nowhere", func() bool {
		return !slices.ContainsFunc(servers[:], works)
	})
}
