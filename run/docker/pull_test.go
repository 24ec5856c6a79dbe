//go:build linux

package docker_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/run/docker"
)

// privateRegistry is a registry on the loopback interface for one user, with an
// image of four layers. It answers the image's reference and digest.
func privateRegistry(t *testing.T) (ref, digest string) {
	t.Helper()
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ann" || password != "se:cret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	ref = strings.TrimPrefix(srv.URL, "http://") + "/team/train:1"
	parsed, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	image, err := random.Image(1<<20, 4)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(parsed, image, remote.WithAuth(&authn.Basic{Username: "ann", Password: "se:cret"})); err != nil {
		t.Fatal(err)
	}
	d, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return ref, d.String()
}

// forget removes an image from the engine, so that it must be pulled.
func forget(t *testing.T, ref string) {
	t.Helper()
	if _, err := engine(t).api.ImageRemove(t.Context(), ref, client.ImageRemoveOptions{Force: true, PruneChildren: true}); err != nil {
		t.Error(err)
	}
}

// TestPull: credentials as given and as docker login left them, progress, the
// digest, and no pull of what is there.
func TestPull(t *testing.T) { // not parallel: it sets the environment
	engine(t)
	ref, digest := privateRegistry(t)
	host, _, _ := strings.Cut(ref, "/")
	r := newRunner(t, t.TempDir())
	config := t.TempDir()
	t.Setenv("DOCKER_CONFIG", config)
	t.Setenv("PATH", config+":"+os.Getenv("PATH"))
	login := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(config, "config.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Pull(t.Context(), ref, docker.Credentials{}, nil); !errors.Is(err, docker.ErrNoImage) {
		t.Errorf("without credentials: %v", err)
	}
	if _, err := r.Pull(t.Context(), ref, docker.Credentials{Username: "ann", Password: "wrong"}, nil); !errors.Is(err, docker.ErrNoImage) {
		t.Errorf("with wrong ones: %v", err)
	}
	ann := docker.Credentials{Username: "ann", Password: "se:cret"}
	if _, err := r.Pull(t.Context(), host+"/team/none:1", ann, nil); !errors.Is(err, docker.ErrNoImage) {
		t.Errorf("of an image that is not there: %v", err)
	}
	if _, err := r.Pull(t.Context(), "No Name", ann, nil); !errors.Is(err, docker.ErrNoImage) {
		t.Errorf("of no name: %v", err)
	}
	var lines []string
	pull := func(what string, c docker.Credentials) {
		t.Helper()
		lines = nil
		got, err := r.Pull(t.Context(), ref, c, func(line string) { lines = append(lines, line) })
		if err != nil || got != digest {
			t.Errorf("%s: %q, %v; want %q", what, got, err, digest)
		}
	}
	pull("given", ann)
	if n := len(slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return !strings.HasSuffix(l, "Pull complete") })); n != 4 {
		t.Errorf("progress %q", lines)
	}
	if pull("there", docker.Credentials{}); lines != nil {
		t.Errorf("pulled again: %q", lines)
	}
	forget(t, ref)
	login(fmt.Sprintf(`{"auths": {"https://%s/v1/": {"auth": "YW5uOnNlOmNyZXQ="}}}`, host))
	pull("docker login", docker.Credentials{})
	forget(t, ref)
	login(fmt.Sprintf(`{"credHelpers": {"%s": "test"}}`, host))
	helper := fmt.Sprintf("#!/bin/sh\n[ $1 = get ] && [ $(cat) = %s ] && echo '{\"Username\":\"ann\",\"Secret\":\"se:cret\"}'\n", host)
	if err := os.WriteFile(filepath.Join(config, "docker-credential-test"), []byte(helper), 0o755); err != nil {
		t.Fatal(err)
	}
	pull("helper", docker.Credentials{})
	forget(t, ref)
	login("{")
	if _, err := r.Pull(t.Context(), ref, docker.Credentials{}, nil); err == nil || !strings.Contains(err.Error(), "config.json") {
		t.Errorf("broken configuration: %v", err)
	}
	if got, err := r.Digest(t.Context(), busybox); err != nil || !strings.HasPrefix(got, "sha256:") {
		t.Errorf("digest of an image made here: %q, %v", got, err)
	}
}

// TestNoEngine: what to do is said.
func TestNoEngine(t *testing.T) {
	t.Parallel()
	f := engine(t)
	for host, want := range map[string]string{
		"unix://" + t.TempDir() + "/none.sock": "start Docker",
		"tcp://127.0.0.1:1":                    "unix://",
	} {
		_, err := docker.New(t.Context(), docker.Config{Dir: t.TempDir(), Init: []string{f.init}, Host: host})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", host, err)
		}
	}
	for file, want := range map[string]string{"/etc/passwd": "no Linux binary", "/bin/sh": "CGO_ENABLED=0"} {
		_, err := docker.New(t.Context(), docker.Config{Dir: t.TempDir(), Init: []string{file}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
}
