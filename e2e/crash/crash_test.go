package crash

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/store/storetest"
)

const (
	image  = "crash:1"
	bucket = "crash"
)

// program leaves a file of its own for every run, so that a second run of the
// same job cannot hide, and writes the run's name into log and model.
const program = `#!/bin/sh
set -e
run=$(mktemp %[1]s/$TRAINING_JOB_NAME.XXXXXX)
echo "run $run"
sleep 0.$(( $$ %% 10 ))
echo "$run" > ${SM_MODEL_DIR:-/opt/ml/model}/run.txt
echo ended >> "$run"
`

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
	dir := directory(t)
	s := newServer(t, dir, database)
	if err := s.start(ctx); err != nil {
		t.Fatal(err)
	}
	prepare(t, ctx, s, dir)

	finished := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() { // the user: creates jobs, waits for their end
		defer close(finished)
		for i := range jobs {
			if err := create(ctx, s, jobName(i)); err != nil {
				t.Errorf("create %s: %v", jobName(i), err)
				cancel() // nothing to wait for
				return
			}
		}
		for i := range jobs {
			if err := wait(ctx, s, jobName(i)); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
	})
	for alive := true; alive; { // the murderer
		select {
		case <-finished:
			alive = false
		case <-time.After(time.Duration(rng.IntN(700)) * time.Millisecond):
			s.kill()
			if rng.IntN(4) == 0 { // once more, before it has come up
				if err := s.startAndKill(time.Duration(rng.IntN(60)) * time.Millisecond); err != nil {
					t.Error(err)
				}
			}
			if err := s.start(ctx); err != nil {
				t.Errorf("start after kill %d: %v", s.kills, err)
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
	t.Logf("%d jobs, %d kills, SAGEBRUSH_CRASH_SEED=%d", jobs, s.kills, seed)
	for i := range jobs {
		if err := check(ctx, s, dir, jobName(i)); err != nil {
			t.Errorf("%s: %v", jobName(i), err)
		}
	}
	nothingLeft(t, ctx, s)
}

func jobName(i int) string { return fmt.Sprintf("crash-%02d", i) }

// directory is where data and side files lie; programs of jobs may run as
// another user, so everybody may write below runs.
func directory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sagebrush-crash-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			_ = os.RemoveAll(dir)
		} else {
			t.Logf("kept: %s", dir)
		}
	})
	for _, step := range []error{os.Chmod(dir, 0o755), os.Mkdir(filepath.Join(dir, "runs"), 0o777), os.Chmod(filepath.Join(dir, "runs"), 0o777), os.Mkdir(filepath.Join(dir, "image"), 0o755)} {
		if step != nil {
			t.Fatal(step)
		}
	}
	return dir
}

// prepare registers the image and makes the bucket.
func prepare(t *testing.T, ctx context.Context, s *server, dir string) {
	t.Helper()
	train := fmt.Sprintf(program, filepath.Join(dir, "runs"))
	if err := os.WriteFile(filepath.Join(dir, "image", "train"), []byte(train), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(ctx, s.bin, "image", "add", image, filepath.Join(dir, "image"), "--data-dir", s.dir).CombinedOutput(); err != nil {
		t.Fatalf("image add: %v\n%s", err, out)
	}
	if _, err := s.s3(ctx, "PUT", "/"+bucket); err != nil {
		t.Fatal(err)
	}
}

// create makes a job. Trying again after a lost answer may find it made.
func create(ctx context.Context, s *server, name string) error {
	err := s.call(ctx, "sagemaker", "SageMaker.CreateTrainingJob", map[string]any{
		"TrainingJobName":        name,
		"AlgorithmSpecification": map[string]any{"TrainingImage": image, "TrainingInputMode": "File"},
		"RoleArn":                "arn:aws:iam::" + account + ":role/Crash",
		"OutputDataConfig":       map[string]any{"S3OutputPath": "s3://" + bucket + "/out"},
		"ResourceConfig":         map[string]any{"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
		"StoppingCondition":      map[string]any{"MaxRuntimeInSeconds": 300},
	}, nil)
	var refused *refusal
	if errors.As(err, &refused) && strings.HasSuffix(refused.Type, "ResourceInUse") {
		return nil
	}
	return err
}

// described is what we look at of a job.
type described struct {
	TrainingJobStatus, FailureReason string
	ModelArtifacts                   struct{ S3ModelArtifacts string }
	SecondaryStatusTransitions       []struct{ Status string }
}

func describe(ctx context.Context, s *server, name string) (d described, err error) {
	err = s.call(ctx, "sagemaker", "SageMaker.DescribeTrainingJob", map[string]string{"TrainingJobName": name}, &d)
	return d, err
}

// wait waits for the job's end, which must be a good one.
func wait(ctx context.Context, s *server, name string) error {
	for {
		d, err := describe(ctx, s, name)
		switch {
		case err != nil:
			return fmt.Errorf("%s, created and acknowledged: %w", name, err)
		case d.TrainingJobStatus == "Completed":
			return nil
		case d.TrainingJobStatus != "InProgress":
			return fmt.Errorf("%s is %s: %s", name, d.TrainingJobStatus, d.FailureReason)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// check looks whether the job ran once, and whether status, log and artifact
// are those of that run.
func check(ctx context.Context, s *server, dir, name string) error {
	runs, err := filepath.Glob(filepath.Join(dir, "runs", name+".*"))
	if err != nil || len(runs) != 1 {
		return fmt.Errorf("%d runs: %v %v", len(runs), runs, err)
	}
	if text, err := os.ReadFile(runs[0]); err != nil || string(text) != "ended\n" {
		return fmt.Errorf("the run wrote %q: %v", text, err)
	}
	d, err := describe(ctx, s, name)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, tr := range d.SecondaryStatusTransitions {
		if seen[tr.Status] {
			return fmt.Errorf("the status %s came twice: %v", tr.Status, d.SecondaryStatusTransitions)
		}
		seen[tr.Status] = true
	}
	want := "s3://" + bucket + "/out/" + name + "/output/model.tar.gz"
	if d.TrainingJobStatus != "Completed" || !seen["Completed"] || d.ModelArtifacts.S3ModelArtifacts != want {
		return fmt.Errorf("described as %+v", d)
	}
	archive, err := s.s3(ctx, "GET", strings.TrimPrefix(want, "s3:/"))
	if err != nil {
		return err
	}
	if model, err := unpack(archive, "run.txt"); err != nil || strings.TrimSpace(model) != runs[0] {
		return fmt.Errorf("the model is of the run %q, not %q: %v", model, runs[0], err)
	}
	return checkLog(ctx, s, name, "run "+runs[0])
}

// unpack reads a file of a model.tar.gz.
func unpack(archive []byte, name string) (string, error) {
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return "", err
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err != nil {
			return "", err
		}
		if filepath.Clean(h.Name) == name {
			text, err := io.ReadAll(r)
			return string(text), err
		}
	}
}

// checkLog looks for exactly one log stream with exactly that line.
func checkLog(ctx context.Context, s *server, name, line string) error {
	const group = "/aws/sagemaker/TrainingJobs"
	var streams struct {
		LogStreams []struct{ LogStreamName string }
	}
	if err := s.call(ctx, "logs", "Logs_20140328.DescribeLogStreams", map[string]string{"logGroupName": group, "logStreamNamePrefix": name + "/"}, &streams); err != nil {
		return err
	}
	if len(streams.LogStreams) != 1 {
		return fmt.Errorf("%d log streams", len(streams.LogStreams))
	}
	var events struct{ Events []struct{ Message string } }
	if err := s.call(ctx, "logs", "Logs_20140328.GetLogEvents", map[string]any{
		"logGroupName": group, "logStreamName": streams.LogStreams[0].LogStreamName, "startFromHead": true}, &events); err != nil {
		return err
	}
	if len(events.Events) != 1 || events.Events[0].Message != line {
		return fmt.Errorf("logged %q, not %q", events.Events, line)
	}
	return nil
}

// nothingLeft looks for what finished jobs should have taken with them: their
// /opt/ml, and the supervisors of their programs.
func nothingLeft(t *testing.T, ctx context.Context, s *server) {
	t.Helper()
	var left []string
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		left = left[:0]
		_ = filepath.WalkDir(filepath.Join(s.dir, "jobs"), func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				left = append(left, path)
			}
			return nil
		})
		for _, proc := range glob("/proc/[0-9]*/cmdline") {
			if text, err := os.ReadFile(proc); err == nil && bytes.Contains(text, []byte("supervise")) && bytes.Contains(text, []byte(s.dir)) {
				left = append(left, proc)
			}
		}
		if len(left) == 0 {
			return
		}
	}
	t.Errorf("left behind: %q", left)
}

func glob(pattern string) []string {
	found, _ := filepath.Glob(pattern)
	return found
}
