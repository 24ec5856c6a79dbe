// Package witness tells whether training jobs ran exactly once, whatever happened
// to the servers meanwhile. Its image's program leaves a file of its own for
// every run, so that a second run of the same job cannot hide, and writes the
// run's name into the log and the model.
package witness

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
)

// What Prepare makes.
const (
	Image  = "witness:1"
	Bucket = "witness"
)

// program runs for as long as PAUSE says, or for up to a second, and ends with
// SIGTERM when it gets one.
const program = `#!/bin/sh
set -e
trap 'exit 0' TERM
run=$(mktemp %[1]s/$TRAINING_JOB_NAME.$SM_CURRENT_HOST.XXXXXX)
echo "run $run"
echo "$run" > ${SM_MODEL_DIR:-/opt/ml/model}/run-$SM_CURRENT_HOST.txt
sleep ${PAUSE:-0.$(( $$ %% 10 ))} & wait $!
if [ -n "$SM_CHANNEL_TRAIN" ]; then
  cat $SM_CHANNEL_TRAIN/* > ${SM_MODEL_DIR:-/opt/ml/model}/data-$SM_CURRENT_HOST.txt
fi
echo ended >> "$run"
`

// Witness watches the jobs of its image.
type Witness struct {
	runs string
}

// Prepare registers the image at a running server and makes the bucket. dir may
// be read by everybody.
func Prepare(ctx context.Context, t testing.TB, s *server.Server, dir string) *Witness {
	t.Helper()
	w := &Witness{runs: filepath.Join(dir, "runs")}
	image := filepath.Join(dir, "image")
	for _, step := range []error{os.Mkdir(w.runs, 0o777), os.Chmod(w.runs, 0o777), os.Mkdir(image, 0o755),
		os.WriteFile(filepath.Join(image, "train"), fmt.Appendf(nil, program, w.runs), 0o755)} {
		if step != nil {
			t.Fatal(step)
		}
	}
	if _, err := s.Command(ctx, "image", "add", Image, image); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Client().S3(ctx, "PUT", "/"+Bucket, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Client().S3(ctx, "PUT", "/"+Bucket+"/in/data", []byte(Data)); err != nil {
		t.Fatal(err)
	}
	return w
}

// Job is the request for a job; its program runs for pause seconds, or for a
// random time below one where pause is "".
func Job(name, pause string) map[string]any {
	request := server.TrainingJob(name, Image, Bucket)
	if pause != "" {
		request["Environment"] = map[string]string{"PAUSE": pause}
	}
	return request
}

// Data is what Streamed lets a program read.
const Data = "some data\n"

// Streamed lets a job's program read Data, which it does at its end, from a
// channel in FastFile mode, which somebody has to deliver until then.
func Streamed(job map[string]any) map[string]any {
	server.Channel(job, "train", "s3://"+Bucket+"/in/")
	job["InputDataConfig"].([]map[string]any)[0]["InputMode"] = "FastFile"
	return job
}

// OnHosts lets a job run on so many hosts.
func OnHosts(job map[string]any, hosts int) map[string]any {
	job["ResourceConfig"] = map[string]any{"InstanceType": "ml.m5.large", "InstanceCount": hosts, "VolumeSizeInGB": 1}
	return job
}

// Runs are the files of all runs of a job; the job "*" is all jobs.
func (w *Witness) Runs(job string) []string {
	found, _ := filepath.Glob(filepath.Join(w.runs, job+".*")) // the pattern is good
	return found
}

// Check looks whether the job is Completed, ran once on each host, and has the
// status, logs and artifact of that run.
func (w *Witness) Check(ctx context.Context, c *server.Client, name string) error {
	j, err := c.Describe(ctx, name)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, tr := range j.SecondaryStatusTransitions {
		if seen[tr.Status] {
			return fmt.Errorf("the status %s came twice: %v", tr.Status, j.SecondaryStatusTransitions)
		}
		seen[tr.Status] = true
	}
	want := "s3://" + Bucket + "/out/" + name + "/output/model.tar.gz"
	if j.TrainingJobStatus != "Completed" || !seen["Completed"] || j.ModelArtifacts.S3ModelArtifacts != want {
		return fmt.Errorf("described as %+v", j)
	}
	files, err := c.Artifact(ctx, want)
	if err != nil {
		return err
	}
	logs, err := c.LinesOfHosts(ctx, name)
	if err != nil {
		return err
	}
	if n := len(w.Runs(name)); n != j.ResourceConfig.InstanceCount || len(logs) != n {
		return fmt.Errorf("%d runs and %d logs on %d hosts: %v", n, len(logs), j.ResourceConfig.InstanceCount, w.Runs(name))
	}
	for i, lines := range logs {
		if err := w.checkHost(name, fmt.Sprintf("algo-%d", i+1), files, lines, len(j.InputDataConfig) > 0); err != nil {
			return fmt.Errorf("algo-%d: %w", i+1, err)
		}
	}
	return nil
}

// checkHost looks at what one host left.
func (w *Witness) checkHost(name, host string, files map[string]string, lines []string, data bool) error {
	runs := w.Runs(name + "." + host)
	if len(runs) != 1 {
		return fmt.Errorf("%d runs: %v", len(runs), runs)
	}
	if text, err := os.ReadFile(runs[0]); err != nil || string(text) != "ended\n" {
		return fmt.Errorf("the run wrote %q: %v", text, err)
	}
	if model := strings.TrimSpace(files["run-"+host+".txt"]); model != runs[0] {
		return fmt.Errorf("the model is of the run %q, not %q", model, runs[0])
	}
	if got := files["data-"+host+".txt"]; data && got != Data {
		return fmt.Errorf("it read %q, not %q", got, Data)
	}
	if len(lines) != 1 || lines[0] != "run "+runs[0] {
		return fmt.Errorf("logged %q, not %q", lines, "run "+runs[0])
	}
	return nil
}
