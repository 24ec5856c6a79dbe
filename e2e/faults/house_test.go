package faults

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/e2e/internal/server"
)

func TestMain(m *testing.M) { server.Main(m) }

const bucket = "faults"

// house is a server with the bucket.
type house struct {
	*server.Server
	ctx    context.Context
	t      *testing.T
	client *server.Client
}

// open starts a server.
func open(t *testing.T, o server.Options) *house {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	s := server.New(t, o)
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	// Impatient: a server that answers that it failed itself is a finding here.
	h := &house{s, ctx, t, s.As(s.Credentials())}
	h.s3("PUT", "/"+bucket, nil)
	return h
}

func (h *house) s3(method, path string, body []byte) []byte {
	h.t.Helper()
	answer, err := h.client.S3(h.ctx, method, path, body)
	if err != nil {
		h.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer
}

// on is the house in a subtest.
func (h *house) on(t *testing.T) *house {
	of := *h
	of.t = t
	return &of
}

// image puts a program behind the URI <name>:1.
func (h *house) image(name, program string) string {
	h.t.Helper()
	dir := server.Directory(h.t)
	if err := os.WriteFile(filepath.Join(dir, "train"), []byte("#!/bin/bash\n"+program), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.Command(h.ctx, "image", "add", name+":1", dir); err != nil {
		h.t.Fatal(err)
	}
	return name + ":1"
}

// start begins a job with the program.
func (h *house) start(name, program string) {
	h.t.Helper()
	if err := h.client.Train(h.ctx, server.TrainingJob(name, h.image(name, program), bucket)); err != nil {
		h.t.Fatal(err)
	}
}

// ended waits for the end of the job.
func (h *house) ended(name string) server.Job {
	h.t.Helper()
	job, err := h.client.Ended(h.ctx, name)
	if err != nil {
		h.t.Fatal(err)
	}
	return job
}

// train runs a job with the program to its end.
func (h *house) train(name, program string) server.Job {
	h.t.Helper()
	h.start(name, program)
	return h.ended(name)
}

// artifact is what the job's model holds.
func (h *house) artifact(job server.Job) map[string]string {
	h.t.Helper()
	files, err := h.client.Artifact(h.ctx, job.ModelArtifacts.S3ModelArtifacts)
	if err != nil {
		h.t.Fatalf("%+v: %v", job, err)
	}
	return files
}

// processes are those whose command line has the word.
func processes(word string) (found []string) {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is good
	for _, p := range all {
		if text, err := os.ReadFile(p); err == nil && bytes.Contains(text, []byte(word)) {
			found = append(found, p+": "+string(text))
		}
	}
	return found
}
