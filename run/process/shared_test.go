//go:build linux

package process_test

import (
	"os"
	"slices"
	"testing"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/process"
	"github.com/sagebrush/sagebrush/run/runtest"
)

// TestWithoutNamespaces: the contract holds where the system allows no private
// mounts, except for the name /opt/ml.
func TestWithoutNamespaces(t *testing.T) {
	t.Parallel()
	c := capabilities(t)
	c.OptML, c.ReadOnlyMounts, c.Tool = false, false, nil // nothing resolves
	runtest.Exercise(t, func(t *testing.T) runtest.Subject {
		dir := t.TempDir()
		again := func() run.Runner {
			r, err := process.New(dir, self, nil)
			if err != nil {
				t.Fatal(err)
			}
			return r.WithoutNamespaces()
		}
		return runtest.Subject{Runner: again(), Again: again}
	}, c)
}

// TestNamesWithoutNamespaces: words that begin with /opt/ml lead to the
// directory itself then.
func TestNamesWithoutNamespaces(t *testing.T) {
	t.Parallel()
	r, err := process.New(t.TempDir(), self, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := script(t, "x", `echo "$0" "$1" "$SM_MODEL_DIR" "$OTHER" "$SAGEMAKER_BASE_DIR"; pwd -P`)
	s.Command = append(s.Command, "/opt/ml/a", "/opt/mlx")
	s.Dir = "/opt/ml/code"
	s.Env["SM_MODEL_DIR"], s.Env["OTHER"] = "/opt/ml/model", "/opt/ml/other"
	os.Mkdir(s.OptML+"/code", 0o755)
	p, err := r.WithoutNamespaces().Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := p.Wait(t.Context()); err != nil || !e.OK() {
		t.Fatalf("%+v, %v", e, err)
	}
	want := []string{s.OptML + "/a /opt/mlx " + s.OptML + "/model " + s.OptML + "/other " + s.OptML, s.OptML + "/code"}
	if got := messages(t, s.Log); !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
}
