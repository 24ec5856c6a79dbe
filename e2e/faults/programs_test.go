package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
)

// Programs that fail, each with the reason that tells why (CreateTrainingJob-29,
// TrainContainer-7).
func TestProgramsThatFail(t *testing.T) {
	t.Parallel()
	h := open(t, server.Options{Args: []string{"--max-jobs", "4", "--job-memory", "64MiB"}})
	secret := filepath.Join(server.Directory(t), "secret")
	if err := os.WriteFile(secret, []byte("do not tell"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("all", func(t *testing.T) {
		for name, c := range map[string]struct{ program, reason string }{
			"exit-code":         {"echo nothing to learn from; exit 1", "AlgorithmError: the program exited with code 1; its last output was: nothing to learn from"},
			"failure-file":      {"echo noise; echo the labels are missing > /opt/ml/output/failure; exit 3", "AlgorithmError: the labels are missing"},
			"long-reason":       {"head -c 100000 /dev/zero | tr '\\0' x > /opt/ml/output/failure; exit 3", "AlgorithmError: " + strings.Repeat("x", 1024-16)},
			"signal":            {"kill -SEGV $$", "AlgorithmError: the program was ended by the signal SIGSEGV"},
			"memory":            {"exec tail /dev/zero", "AlgorithmError: the program was killed because it needed more memory than the 64 MiB it may use. Take a larger instance type, or less data."},
			"memory-of-a-child": {"tail /dev/zero || exit 5", "AlgorithmError: the program was killed because it needed more memory than the 64 MiB it may use. Take a larger instance type, or less data."},
			// What others own is not read out, however the program points to it.
			"failure-link":     {"ln -s " + secret + " /opt/ml/output/failure; echo end; exit 1", "AlgorithmError: the program exited with code 1; its last output was: end"},
			"output-elsewhere": {"rm -r /opt/ml/output; mkdir /opt/ml/x; ln -s " + filepath.Dir(secret) + " /opt/ml/output; cp " + secret + " " + filepath.Dir(secret) + "/failure; exit 1", "AlgorithmError: the program exited with code 1"},
			"failure-pipe":     {"mkfifo /opt/ml/output/failure; exit 1", "AlgorithmError: the program exited with code 1"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				job := h.on(t).train(name, c.program)
				if job.TrainingJobStatus != "Failed" || job.FailureReason != c.reason || job.ModelArtifacts.S3ModelArtifacts != "" {
					t.Errorf("%+v\nwant the reason %q", job, c.reason)
				}
			})
		}
		t.Run("no-such-interpreter", func(t *testing.T) {
			t.Parallel()
			h := h.on(t)
			dir := server.Directory(t)
			if err := os.WriteFile(filepath.Join(dir, "train"), []byte("#!/no/such/interpreter\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Command(h.ctx, "image", "add", "interpreter:1", dir); err != nil {
				t.Fatal(err)
			}
			if err := h.client.Train(h.ctx, server.TrainingJob("interpreter", "interpreter:1", bucket)); err != nil {
				t.Fatal(err)
			}
			if job := h.ended("interpreter"); job.TrainingJobStatus != "Failed" || !strings.HasPrefix(job.FailureReason, "ClientError: ") || !strings.Contains(job.FailureReason, "interpreter") {
				t.Errorf("%+v", job)
			}
		})
	})
	h.NothingLeft(t)
}

// A program may take its time over SIGTERM and save its model; one that ends
// within its grace is not killed (StopTrainingJob-1, Stop-1, TrainContainer-17).
func TestSlowGoodbye(t *testing.T) {
	t.Parallel()
	h := open(t, server.Options{})
	h.start("goodbye", `trap 'sleep 0.7; echo saved > $SM_MODEL_DIR/weights; exit 0' TERM
echo ready
while :; do sleep 0.1; done`)
	h.says("goodbye", "ready")
	if err := h.client.StopJob(h.ctx, "goodbye"); err != nil {
		t.Fatal(err)
	}
	job := h.ended("goodbye")
	if job.TrainingJobStatus != "Stopped" || job.SecondaryStatus != "Stopped" || h.artifact(job)["weights"] != "saved\n" {
		t.Errorf("%+v", job)
	}
	h.NothingLeft(t)
}

// Output of any kind is logged, and none of it breaks the readers (TrainContainer-12).
func TestStrangeOutput(t *testing.T) {
	t.Parallel()
	h := open(t, server.Options{})
	const long = 10 << 20
	job := h.train("output", `printf 'bad \xff\xfe bytes\n'
printf 'nul \0 byte\n'
printf '\n'
printf 'bell \a escape \033[31m\r\n'
head -c `+fmt.Sprint(long)+` /dev/zero | tr '\0' x
echo
echo to standard error >&2
printf 'no end of line'`)
	if job.TrainingJobStatus != "Completed" {
		t.Fatalf("%+v", job)
	}
	lines, err := h.client.Lines(h.ctx, "output")
	if err != nil {
		t.Fatal(err)
	}
	got, xs := []string{}, 0
	for _, l := range lines {
		if n := strings.Count(l, "x"); n > 1000 {
			xs += n
			continue
		}
		got = append(got, l)
	}
	if xs != long {
		t.Errorf("%d of %d bytes of the long line were logged", xs, long)
	}
	for _, want := range []string{"bad \ufffd bytes", "to standard error", "no end of line"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	h.NothingLeft(t)
}

// Nothing of a program survives its job, whatever it left in the background.
func TestDaemonsDieWithTheJob(t *testing.T) {
	t.Parallel()
	h := open(t, server.Options{})
	marker := fmt.Sprintf("daemon-of-%s", filepath.Base(filepath.Dir(h.Dir)))
	job := h.train("daemons", strings.ReplaceAll(`
loop='trap "" TERM HUP INT; echo up >> /opt/ml/model/up; while :; do sleep 0.05; done'
setsid bash -c "$loop" MARKER </dev/null >/dev/null 2>&1 &   # a session of its own
(setsid bash -c "$loop" MARKER &)                            # orphaned, and holding on to our output
nohup bash -c "$loop" MARKER >/dev/null 2>&1 &
until [ "$(wc -l < /opt/ml/model/up)" = 3 ]; do sleep 0.02; done 2>/dev/null
`, "MARKER", marker))
	if job.TrainingJobStatus != "Completed" || h.artifact(job)["up"] != "up\nup\nup\n" {
		t.Errorf("%+v, %q", job, h.artifact(job))
	}
	if alive := processes(marker); len(alive) > 0 {
		t.Errorf("still running: %q", alive)
	}
	h.NothingLeft(t)
}
