package faults

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
)

// stubborn is a program that notes SIGTERM and goes on, and writes down every few
// moments that it lives. Its process is called MARKER.
const stubborn = `exec -a MARKER bash -c '
trap "echo \$EPOCHREALTIME > /opt/ml/model/asked" TERM
echo half > /opt/ml/model/weights; echo half > /opt/ml/output/data/notes
echo ready
while :; do echo $EPOCHREALTIME > /opt/ml/new; mv /opt/ml/new /opt/ml/model/alive; sleep 0.05; done'
`

// A program that ignores SIGTERM has its grace and is killed at the end of it;
// what it left is uploaded, and nothing of it runs any more: when its job is
// stopped, and in the same way when it runs out of time (StopTrainingJob-1,
// Stop-1, TrainContainer-8, DescTJ-7, CreateTrainingJob-27).
func TestGraceEnds(t *testing.T) {
	t.Parallel()
	const grace = 2 * time.Second
	h := open(t, server.Options{Args: []string{"--stop-grace", grace.String(), "--max-jobs", "2"}})
	marker := "stubborn-" + filepath.Base(filepath.Dir(h.Dir))
	t.Run("all", func(t *testing.T) {
		for name, c := range map[string]struct {
			runtime int // seconds
			last    string
		}{
			"stopped":     {300, "Stopped"},
			"out-of-time": {4, "MaxRuntimeExceeded"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h := h.on(t)
				request := server.TrainingJob(name, h.image(name, strings.ReplaceAll(stubborn, "MARKER", marker)), bucket)
				request["StoppingCondition"] = map[string]any{"MaxRuntimeInSeconds": c.runtime}
				if err := h.client.Train(h.ctx, request); err != nil {
					t.Fatal(err)
				}
				if c.last == "Stopped" {
					h.says(name, "ready")
					if err := h.client.StopJob(h.ctx, name); err != nil {
						t.Fatal(err)
					}
					job, err := h.client.Describe(h.ctx, name)
					if err != nil || job.TrainingJobStatus != "Stopping" || job.SecondaryStatus != "Stopping" {
						t.Errorf("right after the call: %+v, %v", job, err)
					}
				}
				h.killedAfter(name, c.last, grace)
			})
		}
	})
	if alive := processes(marker); len(alive) > 0 {
		t.Errorf("still running: %q", alive)
	}
	h.NothingLeft(t)
}

// says waits until the job has printed the line.
func (h *house) says(name, line string) {
	h.t.Helper()
	for lines, err := h.client.Lines(h.ctx, name); !slices.Contains(lines, line); lines, err = h.client.Lines(h.ctx, name) {
		if h.ctx.Err() != nil {
			h.t.Fatalf("%s has not said %q: %v", name, line, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// killedAfter waits for the end of a job with the stubborn program, which must
// have been asked to end and have lived on for the whole grace.
func (h *house) killedAfter(name, last string, grace time.Duration) {
	h.t.Helper()
	job := h.ended(name)
	var path []string
	for _, s := range job.SecondaryStatusTransitions {
		path = append(path, s.Status)
	}
	if want := []string{"Starting", "Training", "Stopping", last}; job.TrainingJobStatus != "Stopped" || !slices.Equal(path, want) {
		h.t.Fatalf("%+v, want the statuses %q", job, want)
	}
	model := h.artifact(job)
	if model["weights"] != "half\n" {
		h.t.Errorf("the model holds %q", model)
	}
	output, err := h.client.Artifact(h.ctx, "s3://"+bucket+"/out/"+name+"/output/output.tar.gz")
	if err != nil || output["notes"] != "half\n" {
		h.t.Errorf("the output holds %q, %v", output, err)
	}
	seconds := func(name string) float64 {
		at, err := strconv.ParseFloat(strings.TrimSpace(model[name]), 64)
		if err != nil {
			h.t.Fatalf("%s: %v (SIGTERM did not come, or the program did not live on)", name, err)
		}
		return at
	}
	// A busy machine may keep the program from saying that it lives, but not for
	// half of its grace.
	if lived := seconds("alive") - seconds("asked"); lived < grace.Seconds()/2 {
		h.t.Errorf("it lived for %.3f s after SIGTERM, and its grace is %v", lived, grace)
	}
}
