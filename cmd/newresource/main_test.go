package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/internal/rules"
)

// What is written for a plain resource builds, and its own test passes on the
// databases that are there: a newcomer starts from something that works.
func TestWrittenResourcesWork(t *testing.T) {
	t.Parallel()
	for noun, pkg := range map[string]string{"AppImageConfig": "newconfig", "CodeRepository": "newcode"} {
		t.Run(noun, func(t *testing.T) {
			t.Parallel()
			r, err := read(noun, pkg, "")
			if err != nil {
				t.Fatal(err)
			}
			files, err := r.files()
			if err != nil {
				t.Fatal(err)
			}
			root, err := filepath.Abs("../..")
			if err != nil {
				t.Fatal(err)
			}
			// The tree stays as it is: the compiler is told that the files are there.
			dir, replace, lines := t.TempDir(), map[string]string{}, 0
			for name, text := range files {
				if !strings.HasSuffix(name, "_test.go") {
					lines += rules.Lines(text)
				}
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, text, 0o600); err != nil {
					t.Fatal(err)
				}
				replace[filepath.Join(root, "service", pkg, name)] = path
			}
			// CONTRIBUTING.md says what a plain resource costs to begin with.
			t.Logf("%s: %d files, %d lines of code", noun, len(files)-1, lines)
			if lines > 120 {
				t.Errorf("%d lines are much for a resource without rules of its own", lines)
			}
			overlay, err := json.Marshal(map[string]any{"Replace": replace})
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "overlay.json")
			if err := os.WriteFile(path, overlay, 0o600); err != nil {
				t.Fatal(err)
			}
			build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-o", filepath.Join(dir, "tests"), "-overlay", path, "./service/"+pkg)
			build.Dir = root
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			tests := exec.CommandContext(t.Context(), filepath.Join(dir, "tests"), "-test.v")
			tests.Dir = dir
			if out, err := tests.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: Test"+noun) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// A noun that is no plain resource is refused with the reason, and what is left
// to do is said.
func TestRead(t *testing.T) {
	t.Parallel()
	for noun, want := range map[string]string{
		"PresignedDomainUrl": "the API has no", "Workteam": "answers nothing of the request", "Domain": "does not go by DomainName",
		"Artifact": "does not go by ArtifactName",
	} {
		if r, err := read(noun, "x", ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Logf("%+v", r)
			t.Errorf("%s: %v, want %q", noun, err, want)
		}
	}
	r, err := read("Experiment", "x", "")
	if err != nil || len(r.Left) == 0 || !strings.Contains(strings.Join(r.Left, "\n"), "DescribeExperiment answers Source") {
		t.Errorf("left of Experiment: %+v, %v", r, err)
	}
}

// A second run touches nothing that is there.
func TestRunKeepsFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := run("AppImageConfig", "service/one", ""); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("service", "one", "app_image_config.go")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run("AppImageConfig", "service/one", ""); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "mine" {
		t.Errorf("%s, %v", text, err)
	}
	if err := run("AppImageConfig", "elsewhere/one", ""); err == nil {
		t.Error("a directory that is not under service/ was taken")
	}
}
