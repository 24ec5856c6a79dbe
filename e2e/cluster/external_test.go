package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/aws/sigv4"
	"github.com/sagebrush/sagebrush/e2e/internal/server"
)

// counter is a program that writes how much data it was given into its model.
const counter = `#!/bin/sh
set -e
cat "$SM_CHANNEL_TRAIN"/* | wc -c > "$SM_MODEL_DIR/bytes"
head -c 3000000 /dev/urandom > "$SM_MODEL_DIR/weights"
`

// outside starts a server whose S3 is another's external one, and that other.
func outside(ctx context.Context, t *testing.T) (store, s *server.Server) {
	t.Helper()
	store = server.New(t, server.Options{})
	if err := store.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return store, client(ctx, t, "http://"+store.Addr(), store.Credentials())
}

// client starts a server with an external S3.
func client(ctx context.Context, t *testing.T, endpoint string, key sigv4.Credentials) *server.Server {
	t.Helper()
	s := server.New(t, server.Options{Args: []string{"--s3-endpoint", endpoint},
		Env: []string{"AWS_ACCESS_KEY_ID=" + key.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + key.SecretAccessKey, "AWS_SESSION_TOKEN="}})
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	dir := server.Directory(t)
	if err := os.WriteFile(filepath.Join(dir, "train"), []byte(counter), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Command(ctx, "image", "add", "counter:1", dir); err != nil {
		t.Fatal(err)
	}
	return s
}

// counting is a job that reads s3://data/train.
func counting(name string) map[string]any {
	request := server.TrainingJob(name, "counter:1", "data")
	server.Channel(request, "train", "s3://data/train/")
	return request
}

// A job trains end to end while all objects lie in the external S3 (TrainData-1,
// TrainContainer-8).
func TestObjectsLieInTheExternalS3(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	store, s := outside(ctx, t)
	data := bytes.Repeat([]byte("1,2,3\n"), 100_000)
	put(ctx, t, s.Client(), "/data", nil)
	put(ctx, t, s.Client(), "/data/train/a.csv", data)
	// What is put there by others is found here.
	put(ctx, t, store.Client(), "/data/train/b.csv", []byte("4,5,6\n"))
	if err := s.Client().Train(ctx, counting("outside")); err != nil {
		t.Fatal(err)
	}
	job, err := s.Client().Ended(ctx, "outside")
	if err != nil || job.TrainingJobStatus != "Completed" {
		t.Fatalf("%+v, %v", job, err)
	}
	for who, c := range map[string]*server.Client{"the external S3": store.Client(), "the server": s.Client()} {
		files, err := c.Artifact(ctx, job.ModelArtifacts.S3ModelArtifacts)
		if err != nil || strings.TrimSpace(files["bytes"]) != "600006" || len(files["weights"]) != 3_000_000 {
			t.Errorf("%s: the artifact has %q and %d bytes, %v", who, files["bytes"], len(files["weights"]), err)
		}
		if got, err := c.S3(ctx, "GET", "/data/train/a.csv", nil); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes of data, %v", who, len(got), err)
		}
	}
	s.NothingLeft(t)
	err = filepath.WalkDir(filepath.Join(s.Dir, "objects"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			t.Errorf("the server keeps an object itself: %s", path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func put(ctx context.Context, t *testing.T, c *server.Client, path string, body []byte) {
	t.Helper()
	if _, err := c.S3(ctx, "PUT", path, body); err != nil {
		t.Fatalf("PUT %s: %v", path, err)
	}
}

// The external buckets are one account's, whoever else has a key.
func TestStrangersSeeNothingOfTheExternalS3(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	store, s := outside(ctx, t)
	put(ctx, t, s.Client(), "/data", nil)
	put(ctx, t, s.Client(), "/data/train/a.csv", []byte("1,2\n"))
	stranger := s.As(otherKey(ctx, t, s))
	for _, r := range []struct{ method, path string }{
		{"GET", "/data"}, {"GET", "/data?location"}, {"HEAD", "/data"}, {"GET", "/data/train/a.csv"}, {"PUT", "/data/train/b.csv"},
		{"DELETE", "/data/train/a.csv"}, {"DELETE", "/data"}, {"PUT", "/data"}, {"PUT", "/theirs"}, {"POST", "/data/train/c.csv?uploads"},
	} {
		var refused *server.Refusal
		if _, err := stranger.S3(ctx, r.method, r.path, nil); !errors.As(err, &refused) || refused.Status < 400 || refused.Status > 499 {
			t.Errorf("%s %s: %v, want a refusal", r.method, r.path, err)
		}
	}
	if list, err := stranger.S3(ctx, "GET", "/", nil); err != nil || bytes.Contains(list, []byte("<Name>")) {
		t.Errorf("the stranger lists %s, %v", list, err)
	}
	if err := stranger.Train(ctx, counting("theirs")); err == nil {
		if job, err := stranger.Ended(ctx, "theirs"); err != nil || job.TrainingJobStatus != "Failed" {
			t.Errorf("the stranger trains on the data: %+v, %v", job, err)
		}
	}
	if list, err := store.Client().S3(ctx, "GET", "/", nil); err != nil || bytes.Count(list, []byte("<Name>")) != 1 {
		t.Errorf("the external S3 holds %s, %v", list, err)
	}
	if got, err := store.Client().S3(ctx, "GET", "/data/train/a.csv", nil); err != nil || string(got) != "1,2\n" {
		t.Errorf("the data is now %q, %v", got, err)
	}
}

// otherKey is a key of another account.
func otherKey(ctx context.Context, t *testing.T, s *server.Server) sigv4.Credentials {
	t.Helper()
	out, err := s.Command(ctx, "keys", "create", "--account-id", "210987654321", "--output", "json")
	if err != nil {
		t.Fatal(err)
	}
	var key struct{ AccessKeyID, SecretAccessKey string }
	if err := json.Unmarshal([]byte(out), &key); err != nil || key.SecretAccessKey == "" {
		t.Fatalf("%q: %v", out, err)
	}
	return sigv4.Credentials{AccessKeyID: key.AccessKeyID, SecretAccessKey: key.SecretAccessKey}
}

// An external S3 that refuses us or is away makes clear errors, not stuck clients.
func TestExternalS3ThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	store := server.New(t, server.Options{})
	if err := store.Start(ctx); err != nil {
		t.Fatal(err)
	}
	wrong := store.Credentials()
	wrong.SecretAccessKey = "wrong"
	refused := client(ctx, t, "http://"+store.Addr(), wrong)
	away := client(ctx, t, "http://127.0.0.1:1", wrong)
	for _, c := range []struct {
		what   string
		s      *server.Server
		status int
		says   string
	}{
		{"refused", refused, http.StatusForbidden, "credentials"},
		{"away", away, http.StatusServiceUnavailable, "external S3"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			own := c.s.As(c.s.Credentials()) // impatient
			_, get := own.S3(ctx, "GET", "/data/key", nil)
			for what, err := range map[string]error{"GET": get, "CreateTrainingJob": own.Train(ctx, counting("lost"))} {
				var refused *server.Refusal
				if !errors.As(err, &refused) || refused.Status != c.status || !strings.Contains(refused.Text, c.says) {
					t.Errorf("%s: %v, want status %d and something about %s", what, err, c.status, c.says)
				}
			}
		})
	}
}
