package faults

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
)

// onSmallDisks makes options of a server that has small file systems of its own
// in its data directory, by their sizes. They vanish with the server.
func onSmallDisks(t *testing.T, sizes map[string]string) server.Options {
	t.Helper()
	dir := filepath.Join(server.Directory(t), "data")
	script := "set -e\n"
	for name, size := range sizes {
		path := filepath.Join(dir, name)
		script += fmt.Sprintf("mkdir -m 700 -p %s\nmount -t tmpfs -o size=%s,mode=700 tmpfs %[1]s\n", path, size)
	}
	prefix := []string{"unshare", "--mount", "/bin/sh", "-c", script + `exec "$@"`, "sh"}
	if out, err := exec.Command(prefix[0], append(prefix[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: a full disk, which takes mounting a small one: be root with CAP_SYS_ADMIN: %v %s", err, out)
	}
	return server.Options{Dir: dir, Prefix: prefix}
}

// inside is a path as the server sees it.
func (h *house) inside(path string) string { return fmt.Sprintf("/proc/%d/root%s", h.PID(), path) }

// used sums the sizes of the files beneath a directory of the server's.
func (h *house) used(name string) (n int64) {
	h.t.Helper()
	root := h.inside(filepath.Join(h.Dir, name))
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return nil
	})
	if err != nil {
		h.t.Error(err)
	}
	return n
}

// noise is data that does not compress.
func noise(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(data)
	return data
}

// refused wants a refusal with the status, and with the words in its text.
func refused(t *testing.T, err error, status int, words ...string) {
	t.Helper()
	var r *server.Refusal
	if !errors.As(err, &r) || r.Status != status {
		t.Errorf("got %v, want status %d", err, status)
		return
	}
	for _, w := range words {
		if !strings.Contains(r.Text, w) {
			t.Errorf("%q is not in %s", w, r.Text)
		}
	}
}

// The disk of the objects is full: uploads are refused whole, the job that has to
// upload its model fails and says why, and all goes on once there is room.
func TestObjectsDiskFull(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	h := open(t, onSmallDisks(t, map[string]string{"objects": "8m"}))
	empty := h.used("objects")
	_, err := h.client.S3(h.ctx, "PUT", "/"+bucket+"/big", noise(9*mib))
	refused(t, err, http.StatusInsufficientStorage, "InsufficientStorage")
	if got := h.used("objects"); got != empty {
		t.Errorf("the refused upload left %d bytes", got-empty)
	}
	h.s3("PUT", "/"+bucket+"/most", noise(6*mib))
	job := h.train("full", "head -c 4194304 /dev/urandom > /opt/ml/model/weights")
	if want := "InternalServerError: the upload of the results failed: no space is left on the storage device. Free some space and start the job again."; job.TrainingJobStatus != "Failed" || job.FailureReason != want {
		t.Errorf("%+v\nwant %s", job, want)
	}
	h.NothingLeft(t)
	if got := h.used("objects"); got != empty+6*mib {
		t.Errorf("%d bytes of objects, want %d", got, empty+6*mib)
	}
	if got := h.s3("GET", "/"+bucket+"/most", nil); !bytes.Equal(got, noise(6*mib)) {
		t.Error("what was stored before has changed")
	}
	h.s3("DELETE", "/"+bucket+"/most", nil)
	if job := h.train("again", "head -c 4194304 /dev/urandom > /opt/ml/model/weights"); job.TrainingJobStatus != "Completed" || len(h.artifact(job)["weights"]) != 4*mib {
		t.Errorf("after space was freed: %+v", job)
	}
}

// The disk of the jobs is too small for a job's data.
func TestJobsDiskFull(t *testing.T) {
	t.Parallel()
	h := open(t, onSmallDisks(t, map[string]string{"jobs": "4m"}))
	h.s3("PUT", "/"+bucket+"/data/part", noise(5<<20))
	request := server.TrainingJob("full", h.image("full", "exit 0"), bucket)
	server.Channel(request, "train", "s3://"+bucket+"/data/")
	if err := h.client.Train(h.ctx, request); err != nil {
		t.Fatal(err)
	}
	job := h.ended("full")
	if want := "InternalServerError: data download failed: "; job.TrainingJobStatus != "Failed" || !strings.HasPrefix(job.FailureReason, want) || !strings.Contains(job.FailureReason, "no space is left") {
		t.Errorf("%+v\nwant %s", job, want)
	}
	h.NothingLeft(t)
	if got := h.used("jobs"); got != 0 {
		t.Errorf("%d bytes are left of the job", got)
	}
	if job := h.train("again", "echo small > /opt/ml/model/weights"); job.TrainingJobStatus != "Completed" {
		t.Errorf("a small job afterwards: %+v", job)
	}
}

// The disk of everything is full, the database's and the logs' too: what cannot be
// kept is refused, what is kept stays readable, and all goes on once there is room.
func TestDataDiskFull(t *testing.T) {
	t.Parallel()
	h := open(t, onSmallDisks(t, map[string]string{"": "16m"}))
	image := h.image("small", "echo w > /opt/ml/model/weights")
	h.s3("PUT", "/"+bucket+"/before", []byte("small"))
	if job := h.train("before", "echo w > /opt/ml/model/weights"); job.TrainingJobStatus != "Completed" {
		t.Fatalf("%+v", job)
	}
	// The program of this one goes on when there is no room any more.
	full := filepath.Join(server.Directory(t), "full")
	h.start("meanwhile", "trap 'touch "+full+".ended' EXIT; echo begun; until [ -e "+full+" ]; do sleep 0.02; done; seq 50000; echo w > /opt/ml/model/weights || exit 4")
	for lines, err := h.client.Lines(h.ctx, "meanwhile"); !slices.Contains(lines, "begun"); lines, err = h.client.Lines(h.ctx, "meanwhile") {
		if h.ctx.Err() != nil {
			t.Fatal(err)
		}
	}
	filler := h.inside(filepath.Join(h.Dir, "filler"))
	fill(t, filler)
	for i := range 3 { // whatever room was left inside of files is used up
		_, err := h.client.S3(h.ctx, "PUT", fmt.Sprintf("/%s/more-%d", bucket, i), noise(60<<10))
		refused(t, err, http.StatusInsufficientStorage, "disk is full")
	}
	refused(t, h.client.Train(h.ctx, server.TrainingJob("refused", image, bucket)), http.StatusServiceUnavailable, "disk is full")
	if err := os.WriteFile(full, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := h.s3("GET", "/"+bucket+"/before", nil); string(got) != "small" {
		t.Errorf("the object is now %q", got)
	}
	if job, err := h.client.Describe(h.ctx, "before"); err != nil || job.TrainingJobStatus != "Completed" {
		t.Errorf("%+v, %v", job, err)
	}
	for _, err := os.Stat(full + ".ended"); err != nil; _, err = os.Stat(full + ".ended") {
		if h.ctx.Err() != nil {
			t.Fatal("the program that met the full disk did not end")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if job := h.ended("meanwhile"); job.TrainingJobStatus != "Failed" || !strings.HasPrefix(job.FailureReason, "AlgorithmError: the program exited with code 4") {
		t.Errorf("the job that met the full disk: %+v", job)
	}
	if _, err := h.client.Describe(h.ctx, "refused"); err == nil {
		t.Error("the refused job exists")
	}
	if job := h.train("after", "echo w > /opt/ml/model/weights"); job.TrainingJobStatus != "Completed" {
		t.Errorf("after space was freed: %+v", job)
	}
	h.s3("PUT", "/"+bucket+"/after", noise(60<<10))
	h.NothingLeft(t)
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, piece := range []int{1 << 20, 4 << 10} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, piece))
		}
	}
}
