package image_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/images"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// xgboostURI is what the SageMaker SDK names in us-east-1.
const xgboostURI = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"

// newManager is a Manager with a cache of its own.
func newManager(t *testing.T, db *store.DB, builtIn fs.FS) *image.Manager {
	t.Helper()
	m, err := image.New(image.Options{DB: db, CacheDir: filepath.Join(t.TempDir(), "cache"), Images: builtIn})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// folder writes an image folder; files that begin with #! become executable.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		mode := fs.FileMode(0o644)
		if strings.HasPrefix(content, "#!") {
			mode = 0o755
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// refused asserts a ValidationException with some words.
func refused(t *testing.T, err error, words ...string) {
	t.Helper()
	if aws.CodeOf(err) != aws.ValidationException {
		t.Fatalf("got %v, want a ValidationException", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

const trainScript = "#!/bin/sh\nexit 0\n"

func TestResolveOrder(t *testing.T) {
	t.Parallel()
	builtIn := fstest.MapFS{"tiny/manifest.json": {Data: []byte(`{"uris": ["*/tiny:*", "*/tiny@*"], "train": ["true"]}`)}}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		m := newManager(t, db, builtIn)
		exact, any, latest := folder(t, map[string]string{"train": trainScript}), folder(t, map[string]string{"train": trainScript}), folder(t, map[string]string{"train": trainScript})
		for uri, dir := range map[string]string{
			"1.example.com/tiny:2": exact, "1.example.com/tiny": any, "mine:latest": latest, "host:5000/team/x": any,
		} {
			if _, err := m.Add(t.Context(), uri, dir); err != nil {
				t.Fatal(err)
			}
		}
		sha := "sha256:" + strings.Repeat("a", 64)
		for uri, want := range map[string]string{
			"1.example.com/tiny:2":              exact,
			"1.example.com/tiny:2@" + sha:       exact,
			"1.example.com/tiny:3":              any,
			"1.example.com/tiny@" + sha:         any,
			"1.example.com/tiny":                any,
			"mine":                              latest,
			"mine:latest":                       latest,
			"host:5000/team/x:1":                any,
			"other.example.com/tiny:2":          "built in",
			"other.example.com/deep/tiny:2":     "built in",
			"other.example.com/tiny":            "built in",
			"other.example.com/tiny@" + sha:     "built in",
			"tiny":                              "built in",
			"mine:1":                            "",
			"other.example.com/xtiny:2":         "",
			"other.example.com/tiny/sub:2":      "",
			"host:5000/team":                    "",
			"1.example.com/tiny2:latest@" + sha: "",
		} {
			got, err := m.Resolve(t.Context(), uri)
			switch {
			case want == "":
				refused(t, err, "sagebrush image add "+uri+" DIR")
			case err != nil:
				t.Errorf("%s: %v", uri, err)
			case want == "built in" != got.BuiltIn || want != "built in" && got.Dir != want:
				t.Errorf("%s: got %+v, want %s", uri, got, want)
			case got.URI != uri || got.Train == nil || got.Serve != nil:
				t.Errorf("%s: got %+v", uri, got)
			}
		}
	})
}

func TestRegistrationLivesInTheStore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		first, second := folder(t, map[string]string{"train": trainScript}), folder(t, map[string]string{"serve.py": ""})
		m := newManager(t, db, nil)
		for _, dir := range []string{first, second} { // the second replaces the first
			if _, err := m.Add(t.Context(), "mine:1", dir); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := m.Add(t.Context(), "a/b", first); err != nil {
			t.Fatal(err)
		}
		other := newManager(t, db, images.FS) // as after a restart
		list, err := other.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(list) < 3 || list[0].URI != "a/b" || list[1].URI != "mine:1" || list[1].Dir != second || list[1].CreatedAt.IsZero() || !list[2].BuiltIn {
			t.Errorf("got %+v", list)
		}
		if err := other.Remove(t.Context(), "mine:1"); err != nil {
			t.Fatal(err)
		}
		if err := other.Remove(t.Context(), "mine:1"); aws.CodeOf(err) != aws.ResourceNotFound {
			t.Errorf("second Remove: %v", err)
		}
		_, err = m.Resolve(t.Context(), "mine:1")
		refused(t, err, "image add")
	})
}

func TestAddRefusesWhatCannotRun(t *testing.T) {
	t.Parallel()
	m := newManager(t, storetest.SQLite(t), nil)
	good := folder(t, map[string]string{"train": trainScript})
	file := filepath.Join(good, "train")
	for _, c := range []struct {
		name, uri, dir string
		words          []string
	}{
		{"relative", "a:1", "folder", []string{"absolute"}},
		{"absent", "a:1", filepath.Join(good, "absent"), []string{"does not exist"}},
		{"a file", "a:1", file, []string{"not a folder"}},
		{"empty folder", "a:1", t.TempDir(), []string{"neither train nor serve"}},
		{"not executable", "a:1", folder(t, map[string]string{"train": "echo"}), []string{"chmod +x"}},
		{"broken manifest", "a:1", folder(t, map[string]string{"manifest.json": "{"}), []string{"manifest.json"}},
		{"unknown member", "a:1", folder(t, map[string]string{"manifest.json": `{"tarin": ["x"]}`}), []string{"tarin"}},
		{"metric without name", "a:1", folder(t, map[string]string{"train": trainScript, "manifest.json": `{"metrics": [{"regex": "x"}]}`}), []string{"needs a name"}},
		{"missing requirements", "a:1", folder(t, map[string]string{"train": trainScript, "manifest.json": `{"requirements": "r.txt"}`}), []string{"r.txt"}},
		{"python range", "a:1", folder(t, map[string]string{"train": trainScript, "manifest.json": `{"python": "three"}`}), []string{"version range"}},
		{"no uri", "", good, []string{"empty"}},
		{"white space", "a b", good, []string{"white space"}},
		{"no tag", "a:", good, []string{"colon"}},
		{"no repository", ":1", good, []string{"repository"}},
		{"digest", "a@md5:x", good, []string{"sha256"}},
		{"long", strings.Repeat("a", 256), good, []string{"255"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := m.Add(t.Context(), c.uri, c.dir)
			refused(t, err, c.words...)
		})
	}
}

func TestFolderThatBreaksLater(t *testing.T) {
	t.Parallel()
	m := newManager(t, storetest.SQLite(t), nil)
	dir := folder(t, map[string]string{"train": trainScript})
	if _, err := m.Add(t.Context(), "a:1", dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "train")); err != nil {
		t.Fatal(err)
	}
	_, err := m.Resolve(t.Context(), "a:1")
	refused(t, err, "neither train nor serve", dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	_, err = m.Resolve(t.Context(), "a:1")
	refused(t, err, "is gone")
}

func TestBuiltInXGBoost(t *testing.T) {
	t.Parallel()
	m := newManager(t, storetest.SQLite(t), images.FS)
	for _, uri := range []string{
		xgboostURI, "xgboost",
		"246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:0.90-1-cpu-py3",
		"811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:latest",
	} {
		img, err := m.Resolve(t.Context(), uri)
		if err != nil {
			t.Fatal(err)
		}
		if !img.BuiltIn || img.Name != "xgboost" || img.Requirements == "" || img.Train == nil || img.Serve == nil {
			t.Errorf("%s: %+v", uri, img)
		}
		// CreateTrainingJob-20: built-in definitions are shown by Describe, whose
		// shape has room for 40.
		if len(img.Metrics) == 0 || len(img.Metrics) > 40 {
			t.Errorf("%d metric definitions", len(img.Metrics))
		}
	}
}

func TestResolveEndsWithItsContext(t *testing.T) {
	t.Parallel()
	m := newManager(t, storetest.SQLite(t), images.FS)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Resolve(ctx, xgboostURI); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A folder that programs would not see is refused, also by a link that leads there.
func TestHiddenFolder(t *testing.T) {
	t.Parallel()
	hidden := t.TempDir()
	m, err := image.New(image.Options{DB: storetest.SQLite(t), CacheDir: t.TempDir(), Hidden: hidden})
	if err != nil {
		t.Fatal(err)
	}
	inside, link := filepath.Join(hidden, "mine"), filepath.Join(t.TempDir(), "link")
	if err := os.Mkdir(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(inside, link); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{inside, link} {
		_, err := m.Add(t.Context(), "mine:1", dir)
		refused(t, err, "data directory", "somewhere else")
	}
}
