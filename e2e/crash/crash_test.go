package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
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
	seed := number(t, "SAGEBRUSH_CRASH_SEED", int(time.Now().UnixNano()&0xffffff))
	rng := rand.New(rand.NewPCG(uint64(seed), 0))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	dir := server.Directory(t)
	s := server.New(t, server.Options{Dir: filepath.Join(dir, "data"), Database: database})
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	w := witness.Prepare(ctx, t, s, dir)
	client := s.Client()

	finished := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() { // the user: creates jobs, waits for their end
		defer close(finished)
		for i := range jobs {
			if err := client.Train(ctx, kind(i)); err != nil {
				t.Errorf("create %s: %v", jobName(i), err)
				cancel() // nothing to wait for
				return
			}
		}
		for i := range jobs {
			if err := completed(ctx, client, jobName(i)); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
	})
	for alive := true; alive; { // the murderer
		select {
		case <-finished:
			alive = false
		case <-time.After(time.Duration(rng.IntN(700)) * time.Millisecond):
			s.Kill()
			if rng.IntN(4) == 0 { // once more, before it has come up
				if err := s.StartAndKill(time.Duration(rng.IntN(60)) * time.Millisecond); err != nil {
					t.Error(err)
				}
			}
			if err := s.Start(ctx); err != nil {
				t.Errorf("start after kill %d: %v", s.Kills(), err)
				cancel()
				alive = false
			}
		}
	}
	work.Wait()
	if err := ctx.Err(); err != nil {
		t.Errorf("not all jobs ended: %v", err)
	}
	if t.Failed() {
		t.Fatalf("SAGEBRUSH_CRASH_SEED=%d", seed)
	}
	t.Logf("%d jobs, %d kills, SAGEBRUSH_CRASH_SEED=%d", jobs, s.Kills(), seed)
	for i := range jobs {
		if err := w.Check(ctx, client, jobName(i)); err != nil {
			t.Errorf("%s: %v", jobName(i), err)
		}
	}
	s.NothingLeft(t)
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
