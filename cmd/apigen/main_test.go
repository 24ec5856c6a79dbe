package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Regeneration changes nothing: what is committed under api/ is what apigen
// makes of the pinned models.
func TestGeneratedIsCurrent(t *testing.T) {
	t.Parallel()
	if err := run(true); err != nil {
		t.Fatal(err)
	}
}

func TestDifferencesFindsMissingChangedAndLeftOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, data := range map[string]string{"a/same_gen.go": "1", "a/changed_gen.go": "1", "b/left_gen.go": "1", "a/own.go": "1"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := differences(dir, map[string][]byte{
		"a/same_gen.go": []byte("1"), "a/changed_gen.go": []byte("2"), "c/missing_gen.go": []byte("1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a/changed_gen.go", "b/left_gen.go", "c/missing_gen.go"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEnumName(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"InProgress": "EInProgress", "IN_PROGRESS": "EInProgress", "ml.m4.xlarge": "EMlM4Xlarge",
		"GZIP": "EGzip", "S3Prefix": "ES3Prefix", "1H": "E1h", "*": "EEmpty", "frontfill_value": "EFrontfillValue",
	} {
		if got := enumName("E", value); got != want {
			t.Errorf("%q is %s, want %s", value, got, want)
		}
	}
}

// A model in which two things want one Go name is refused rather than guessed at.
func TestCollidingNamesAreRefused(t *testing.T) {
	t.Parallel()
	m := &model{
		Operations: map[string]*operation{"Do": {Input: &ref{Shape: "DoRequest"}}},
		Shapes: map[string]*shape{
			"DoRequest": {Type: "structure", Members: members{{name: "E", ref: ref{Shape: "E"}}}},
			"E":         {Type: "string", Enum: []string{"a-b", "a_b"}},
		},
	}
	g, err := newGenerator(service{id: "x"}, m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.files(); err == nil || !strings.Contains(err.Error(), "EAB") {
		t.Errorf("got %v", err)
	}
}

// What is younger than the pinned models is added, and only what they lack.
func TestSupplement(t *testing.T) {
	t.Parallel()
	m := &model{Operations: map[string]*operation{}, Shapes: map[string]*shape{}}
	if err := m.supplement("sagemaker-metrics.json"); err != nil {
		t.Fatal(err)
	}
	if m.Operations["BatchGetMetrics"] == nil || m.Shapes["MetricQuery"] == nil {
		t.Errorf("not added: %v", m.Operations)
	}
	if err := m.supplement("sagemaker-metrics.json"); err == nil || !strings.Contains(err.Error(), "remove it here") {
		t.Errorf("added twice: %v", err)
	}
	if err := m.supplement("nothing.json"); err == nil {
		t.Error("a missing file is no error")
	}
}

// Shapes that contain themselves cannot be written as Go initialisers alone.
func TestRecursiveShapesAreTied(t *testing.T) {
	t.Parallel()
	m := &model{
		Operations: map[string]*operation{"Do": {Input: &ref{Shape: "DoRequest"}}},
		Shapes: map[string]*shape{
			"DoRequest": {Type: "structure", Members: members{{name: "T", ref: ref{Shape: "Tree"}}}},
			"Tree":      {Type: "structure", Members: members{{name: "Children", ref: ref{Shape: "Trees"}}}},
			"Trees":     {Type: "list", Member: &ref{Shape: "Tree"}},
		},
	}
	g, err := newGenerator(service{id: "x"}, m)
	if err != nil {
		t.Fatal(err)
	}
	files, err := g.files()
	if err != nil {
		t.Fatal(err)
	}
	if text := string(files["schema_gen.go"]); !strings.Contains(text, "shapeTrees.Elem = &shapeTree") {
		t.Errorf("no knot in:\n%s", text)
	}
}

func TestUnknownOperationInTheTableIsRefused(t *testing.T) {
	t.Parallel()
	models, err := modelsDir()
	if err != nil {
		t.Fatal(err)
	}
	_, err = readModel(models, service{id: "sts", model: "sts/2011-06-15", operations: []string{"GetNothing"}})
	if err == nil || !strings.Contains(err.Error(), "no operation GetNothing") {
		t.Errorf("got %v", err)
	}
}
