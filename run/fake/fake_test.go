package fake_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/fake"
	"github.com/sagebrush/sagebrush/run/runtest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	runtest.Exercise(t, func(t *testing.T) runtest.Subject {
		r := fake.New()
		return runtest.Subject{Runner: r, Again: func() run.Runner { return r }}
	}, runtest.Capabilities{})
}

func TestVariables(t *testing.T) {
	t.Parallel()
	r := fake.New()
	dir := t.TempDir()
	p, err := r.Start(t.Context(), run.Spec{ID: "a", Command: []string{"x"}, OptML: dir, Log: filepath.Join(dir, "log"), Env: map[string]string{
		"FAKE_FILES": "model/a=1\n../out=2", "FAKE_FAILURE": "no luck", "FAKE_SLEEP": "0.01",
	}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := p.Wait(t.Context())
	if err != nil || e.Code != 1 {
		t.Fatalf("%+v, %v", e, err)
	}
	for name, want := range map[string]string{"model/a": "1", "out": "2", "output/failure": "no luck"} {
		if got, _ := os.ReadFile(filepath.Join(dir, name)); string(got) != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestLose(t *testing.T) {
	t.Parallel()
	r := fake.New()
	dir := t.TempDir()
	p, err := r.Start(t.Context(), run.Spec{ID: "a", Command: []string{"x"}, OptML: dir, Env: map[string]string{"FAKE_SLEEP": "1h"}})
	if err != nil {
		t.Fatal(err)
	}
	r.Lose(p.Handle())
	if _, err := p.Wait(t.Context()); !errors.Is(err, run.ErrLost) {
		t.Fatal(err)
	}
	if _, err := r.Attach(t.Context(), p.Handle()); !errors.Is(err, run.ErrLost) {
		t.Fatal(err)
	}
}
