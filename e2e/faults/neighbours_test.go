package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
)

// A program finds nothing of the server's and nothing of other jobs': neither
// keys nor databases, nor the sockets by which others are stopped.
func TestNeighboursAreOutOfReach(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: that the data directory is hidden from jobs: run this as root")
	}
	h := open(t, server.Options{})
	h.start("victim", "echo ready; sleep 600")
	job := h.train("intruder", fmt.Sprintf(`
find %[1]s | head -n 20
cat %[1]s/credentials 2>/dev/null
mkdir %[1]s/mine 2>/dev/null && echo made a directory
umount -l %[1]s 2>/dev/null && echo unmounted
true`, h.Dir))
	lines, err := h.client.Lines(h.ctx, "intruder")
	if want := h.Dir; job.TrainingJobStatus != "Completed" || err != nil || strings.Join(lines, "\n") != want {
		t.Errorf("%+v: it saw %q, %v", job, lines, err)
	}
	if err := h.client.StopJob(h.ctx, "victim"); err != nil {
		t.Error(err)
	}
	h.ended("victim")
	h.NothingLeft(t)
}

// A program may do to its inputs what it likes; the objects stay as they are
// (TrainData-1, -2).
func TestInputsAreCopies(t *testing.T) {
	t.Parallel()
	h := open(t, server.Options{})
	small, large := []byte("small"), []byte(strings.Repeat("large", 1<<20))
	h.s3("PUT", "/"+bucket+"/kept/small", small)
	h.s3("PUT", "/"+bucket+"/kept/large", large)
	image := h.image("vandal", `cd /opt/ml/input/data/train
for f in small large; do echo x | dd of=$f conv=notrunc 2>/dev/null; done
rm -rf /opt/ml/input 2>/dev/null
true`)
	for _, mode := range []string{"File", "FastFile"} {
		name := "vandal-" + strings.ToLower(mode)
		request := server.TrainingJob(name, image, bucket)
		server.Channel(request, "train", "s3://"+bucket+"/kept/")
		request["AlgorithmSpecification"].(map[string]any)["TrainingInputMode"] = mode
		if err := h.client.Train(h.ctx, request); err != nil {
			t.Fatal(err)
		}
		if job := h.ended(name); job.TrainingJobStatus != "Completed" {
			t.Errorf("%+v", job)
		}
		for key, want := range map[string][]byte{"small": small, "large": large} {
			if got := h.s3("GET", "/"+bucket+"/kept/"+key, nil); string(got) != string(want) {
				t.Errorf("%s: the object %s has changed", mode, key)
			}
		}
	}
	h.NothingLeft(t)
}

// A program that logs as fast as it can loses no line and disturbs nobody
// (TrainContainer-12).
func TestFloodOfLines(t *testing.T) {
	t.Parallel()
	h := open(t, server.Options{})
	const lines, length = 1 << 20, 100
	job := h.train("flood", fmt.Sprintf("yes %s | head -n %d", strings.Repeat("x", length-1), lines))
	if job.TrainingJobStatus != "Completed" {
		t.Fatalf("%+v", job)
	}
	var size int64
	_ = filepath.WalkDir(filepath.Join(h.Dir, "logs"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				size += info.Size()
			}
		}
		return nil
	})
	if size < lines*length {
		t.Errorf("%d bytes were logged, of at least %d", size, lines*length)
	}
	h.healthy()
	h.NothingLeft(t)
}
