package image_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/image"
	"github.com/sagebrush/sagebrush/images"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// wheel is a package that holds one module and needs no index to install.
func wheel(t *testing.T) string {
	t.Helper()
	return makeWheel(t, "tinywheel", "")
}

// needyWheel is one that asks for a package that is not there.
func needyWheel(t *testing.T) string {
	t.Helper()
	return makeWheel(t, "needy", "Requires-Dist: absent @ file:///absent/absent-1.0-py3-none-any.whl\n")
}

// makeWheel packs a module that knows the answer.
func makeWheel(t *testing.T, name, metadata string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	info := name + "-1.0.dist-info/"
	for _, f := range [][2]string{
		{name + ".py", "ANSWER = 42\n"},
		{info + "METADATA", "Metadata-Version: 2.1\nName: " + name + "\nVersion: 1.0\n" + metadata},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		{info + "RECORD", name + ".py,,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n" + info + "RECORD,,\n"},
	} {
		w, err := z.Create(f[0])
		if err == nil {
			_, err = w.Write([]byte(f[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// run runs a prepared command with its environment only.
func run(t *testing.T, command []string, env map[string]string) string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
	return strings.TrimSpace(string(out))
}

// prepare registers a folder and prepares it.
func prepare(t *testing.T, m *image.Manager, dir string, progress func(string)) (image.Program, error) {
	t.Helper()
	img, err := m.Add(t.Context(), "mine:1", dir)
	if err != nil {
		t.Fatal(err)
	}
	return m.Prepare(t.Context(), img, progress)
}

func needPython(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("NOT TESTED: making environments, which takes python3 (Debian: apt-get install python3 python3-venv)")
	}
}

func TestPrepareScript(t *testing.T) {
	t.Parallel()
	m := newManager(t, storetest.SQLite(t), nil)
	dir := folder(t, map[string]string{
		"train":         "#!/bin/sh\necho \"$0 $GREETING\"\n",
		"manifest.json": `{"env": {"GREETING": "hello from {dir}"}}`,
	})
	p, err := prepare(t, m, dir, func(line string) { t.Errorf("progress without work: %s", line) })
	if err != nil {
		t.Fatal(err)
	}
	if got, want := run(t, p.Train, p.Env), dir+"/train hello from "+dir; got != want || p.Serve != nil {
		t.Errorf("got %q, want %q; serve %v", got, want, p.Serve)
	}
}

func TestPreparePythonFileWithoutRequirements(t *testing.T) {
	t.Parallel()
	needPython(t)
	m := newManager(t, storetest.SQLite(t), nil)
	dir := folder(t, map[string]string{
		"train.py": "import sys; print(sys.version_info[0])\n",
		"serve":    "#!/usr/bin/env python3\nprint('served')\n",
	})
	p, err := prepare(t, m, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, p.Train, p.Env) + run(t, p.Serve, p.Env); got != "3served" {
		t.Errorf("got %q", got)
	}
}

func TestPrepareMakesAnEnvironmentOnce(t *testing.T) {
	t.Parallel()
	needPython(t)
	db := storetest.SQLite(t)
	cache := t.TempDir()
	dir := folder(t, map[string]string{
		"train":                          "#!/usr/bin/env python3\nimport tinywheel; print(tinywheel.ANSWER)\n",
		"serve.py":                       "import tinywheel; print(tinywheel.ANSWER + 1)\n",
		"requirements.txt":               "./tinywheel-1.0-py3-none-any.whl\n",
		"tinywheel-1.0-py3-none-any.whl": wheel(t),
	})
	var mu sync.Mutex
	var lines []string
	note := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, line)
	}
	var wg sync.WaitGroup
	programs := make([]image.Program, 3)
	for i := range programs {
		// Managers of their own, as different servers on one cache have.
		m, err := image.New(image.Options{DB: db, CacheDir: cache})
		if err != nil {
			t.Fatal(err)
		}
		img, err := m.Add(t.Context(), "mine:1", dir)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			p, err := m.Prepare(t.Context(), img, note)
			if err != nil {
				t.Error(err)
			}
			programs[i] = p
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for _, p := range programs {
		if got := run(t, p.Train, p.Env) + run(t, p.Serve, p.Env); got != "4243" {
			t.Errorf("got %q", got)
		}
	}
	made := 0
	for _, line := range lines {
		if strings.HasPrefix(line, "Making a Python environment") {
			made++
		}
	}
	if made != 1 {
		t.Errorf("%d environments were made:\n%s", made, strings.Join(lines, "\n"))
	}

	// An environment without its marker is a leftover of a crash: made again.
	markers, err := filepath.Glob(filepath.Join(cache, "envs", "*", ".sagebrush-ready"))
	if err != nil || len(markers) != 1 {
		t.Fatalf("%v, %v", markers, err)
	}
	if err := os.Remove(markers[0]); err != nil {
		t.Fatal(err)
	}
	m, err := image.New(image.Options{DB: db, CacheDir: cache})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := prepare(t, m, dir, nil); err != nil || run(t, p.Train, p.Env) != "42" {
		t.Errorf("after a crash: %v", err)
	}
}

func TestPrepareSaysWhatFailed(t *testing.T) {
	t.Parallel()
	needPython(t)
	m := newManager(t, storetest.SQLite(t), nil)
	dir := folder(t, map[string]string{"train": trainScript, "requirements.txt": "./absent-1.0-py3-none-any.whl\n"})
	_, err := prepare(t, m, dir, nil)
	var e *aws.Error
	if !errors.As(err, &e) || e.Code != aws.ServiceUnavailable || !strings.Contains(e.Message, "absent-1.0") || !strings.Contains(e.Message, "last lines") {
		t.Fatalf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(m.CacheDir(), "envs", "*", "bin")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	// No version of Python is that old.
	dir = folder(t, map[string]string{"train.py": "", "manifest.json": `{"python": ">=3.0,<3.1"}`})
	if _, err = prepare(t, m, dir, nil); err == nil || !strings.Contains(err.Error(), "no Python >=3.0,<3.1") {
		t.Errorf("got %v", err)
	}
}

func TestPrepareEndsWithItsContext(t *testing.T) {
	t.Parallel()
	needPython(t)
	m := newManager(t, storetest.SQLite(t), nil)
	img, err := m.Add(t.Context(), "mine:1", folder(t, map[string]string{"train": trainScript, "requirements.txt": ""}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err = m.Prepare(ctx, img, func(string) { cancel() }) // in the middle of the work
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestExtractBuiltIn(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	m := newManager(t, db, fstest.MapFS{
		"tiny/manifest.json": {Data: []byte(`{"uris": ["*/tiny:*"], "train": ["{dir}/train"]}`)},
		"tiny/train":         {Data: []byte("#!/bin/sh\ncat \"$(dirname \"$0\")/sub/words\"\n")},
		"tiny/sub/words":     {Data: []byte("embedded")},
	})
	img, err := m.Resolve(t.Context(), "x/tiny:1")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			p, err := m.Prepare(t.Context(), img, nil)
			if err != nil {
				t.Error(err)
			} else if got := run(t, p.Train, p.Env); got != "embedded" {
				t.Errorf("got %q", got)
			}
		})
	}
	wg.Wait()
	if left, _ := filepath.Glob(filepath.Join(m.CacheDir(), "images", ".*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestShippedImagesHaveTheirFiles(t *testing.T) {
	t.Parallel()
	packages := map[string]string{
		"catboost": "catimage", "kmeans": "kmeans", "knn": "knn", "lightgbm": "lgbimage", "linear-learner": "linear_learner",
		"pca": "pca", "randomcutforest": "randomcutforest", "xgboost": "xgbimage",
	}
	m := newManager(t, storetest.SQLite(t), images.FS)
	for name, program := range packages {
		img, err := m.Resolve(t.Context(), "382416733822.dkr.ecr.us-east-1.amazonaws.com/"+name+":1")
		if err != nil || !img.BuiltIn || img.Name != name || len(img.Metrics) == 0 || len(img.Metrics) > 40 {
			t.Errorf("%s: %+v, %v", name, img, err)
		}
		for _, file := range []string{"train", "serve", program + "/__init__.py", program + "/training.py", program + "/serving.py"} {
			if data, err := images.FS.ReadFile(name + "/" + file); err != nil || len(data) == 0 {
				t.Errorf("%s/%s: %v", name, file, err)
			}
		}
	}
	for _, file := range []string{"builtin/algorithm/__init__.py", "builtin/requirements.txt", "builtin/Dockerfile", "xgboost/Dockerfile", "xgboost/library.txt"} {
		if data, err := images.FS.ReadFile(file); err != nil || len(data) == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
}
