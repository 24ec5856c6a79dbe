//go:build linux

package docker_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker"
	"github.com/sagebrush/sagebrush/run/runtest"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		os.Exit(serve(os.Args[2:]))
	}
	dir, err := os.MkdirTemp("", "sagebrush-docker-test")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	initBinary = filepath.Join(dir, "init")
	flag.Parse()
	if n := flag.Lookup("test.parallel"); n.Value.String() == n.DefValue {
		n.Value.Set("8") // mostly they wait for the engine
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// initBinary is where setUp puts the first process of containers.
var initBinary string

// fixture is what all tests share.
type fixture struct {
	api *client.Client
	// init is the first process of containers.
	init string
}

// setUp finds the engine, builds the first process and makes the images, once.
var setUp = sync.OnceValues(func() (*fixture, error) {
	api, err := client.New(client.FromEnv)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if _, err := api.Ping(ctx, client.PingOptions{}); err != nil {
		return nil, errNoEngine{err}
	}
	f := &fixture{api: api, init: initBinary}
	if ready := os.Getenv(envReady); ready != "" { // see TestUnprivileged
		f.init = ready
		return f, nil
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", f.init, "./testdata/init")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return f, fmt.Errorf("build the first process: %w\n%s", err, out)
	}
	return f, makeImages(ctx, api)
})

// envReady says where the first process is, and that the images are there.
const envReady = "SAGEBRUSH_TEST_INIT"

// errNoEngine is why nothing can be tested here.
type errNoEngine struct{ error }

// engine is the fixture, or the end of the test where there is no engine.
func engine(t *testing.T) *fixture {
	t.Helper()
	f, err := setUp()
	if errors.As(err, &errNoEngine{}) && os.Getenv("SAGEBRUSH_REQUIRE_DOCKER") != "1" {
		t.Skipf("NOT TESTED: the Docker runner, because no engine answers (set DOCKER_HOST, or run this below .ci/with-docker): %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// newRunner is a runner over the state in dir that cleans up at the test's end.
func newRunner(t *testing.T, dir string) *docker.Runner {
	t.Helper()
	r, err := docker.New(t.Context(), docker.Config{Dir: dir, Init: []string{engine(t).init}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := r.Clean(ctx, func(string) bool { return false }); err != nil {
			t.Errorf("clean: %v", err)
		}
		r.Close()
	})
	return r
}

// TestContract: what every runner does.
func TestContract(t *testing.T) {
	t.Parallel()
	engine(t)
	runtest.Exercise(t, func(t *testing.T) runtest.Subject {
		dir := t.TempDir()
		again := func() run.Runner { return newRunner(t, dir) }
		return runtest.Subject{Runner: again(), Again: again, Adapt: func(s *run.Spec) {
			s.Image = busybox
			s.Env["PATH"] = "/bin"
		}}
	}, runtest.Capabilities{
		Commands: true, OptML: true, Memory: true, CPUs: true, Processes: true,
		Mounts: true, ReadOnlyMounts: true, Disk: true, Tool: []string{"/.sagebrush/init", "tool"},
		Containers: true, Sets: []string{"HOME", "HOSTNAME", "PATH"}, Programs: 12,
	})
}

// script is a program of the busybox image.
func script(t *testing.T, id, text string) run.Spec {
	dir := t.TempDir()
	ml := filepath.Join(dir, "ml")
	if err := os.Mkdir(ml, 0o755); err != nil {
		t.Fatal(err)
	}
	return run.Spec{ID: id, Hostname: "algo-1", Image: busybox, Command: []string{"sh", "-c", text}, OptML: ml, Log: filepath.Join(dir, "log")}
}

func messages(t *testing.T, s run.Spec) []string {
	t.Helper()
	events, err := logstream.Read(s.Log, 0, 0, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, e := range events {
		out = append(out, e.Message)
	}
	return out
}

func start(t *testing.T, r run.Runner, s run.Spec) run.Process {
	t.Helper()
	p, err := r.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wait(t *testing.T, p run.Process) run.Exit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	e, err := p.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}
