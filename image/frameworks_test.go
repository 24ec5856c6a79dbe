package image_test

import (
	"io/fs"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/sagebrush/sagebrush/images"
	"github.com/sagebrush/sagebrush/store/storetest"
)

func TestIncludedFoldersAreLaidBesideTheImagesOwnFiles(t *testing.T) {
	t.Parallel()
	shared := fstest.MapFS{
		"shared/lib/words": {Data: []byte("shared words")},
		"shared/enter":     {Data: []byte("#!/bin/sh\necho entered; exec \"$@\"\n")},
		"one/manifest.json": {Data: []byte(`{"uris": ["*/one:*"], "include": ["shared"], "train": ["{dir}/train"],
			"enter": ["{dir}/enter"]}`)},
		"one/train": {Data: []byte("#!/bin/sh\ncat \"$(dirname \"$0\")/lib/words\"\n")},
	}
	m := newManager(t, storetest.SQLite(t), shared)
	img, err := m.Resolve(t.Context(), "x/one:1")
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Prepare(t.Context(), img, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, p.Train, p.Env); got != "shared words" {
		t.Errorf("train says %q", got)
	}
	if got := run(t, append(p.Enter, "echo", "other"), p.Env); got != "entered\nother" {
		t.Errorf("enter says %q", got)
	}
	before := img.Dir
	shared["shared/lib/words"] = &fstest.MapFile{Data: []byte("changed")}
	img, err = newManager(t, storetest.SQLite(t), shared).Resolve(t.Context(), "x/one:1")
	if err != nil || filepath.Base(img.Dir) == filepath.Base(before) {
		t.Errorf("a change of an included folder makes no other image: %s, %v", img.Dir, err)
	}
}

// What only built-in images may say is refused in registered folders.
func TestRegisteredFoldersRefuse(t *testing.T) {
	t.Parallel()
	m := newManager(t, storetest.SQLite(t), nil)
	_, err := m.Add(t.Context(), "mine:1", folder(t, map[string]string{"train": trainScript, "manifest.json": `{"scriptRequirements": "more.txt"}`}))
	refused(t, err, "more.txt", "does not exist")
	_, err = m.Add(t.Context(), "mine:1", folder(t, map[string]string{"train": trainScript, "manifest.json": `{"preinstalled": {"module": "torch"}}`}))
	refused(t, err, "preinstalled")
}

// A machine that has the large library gets an environment that sees it, with
// the rest installed; another machine gets everything.
func TestPreinstalledLibrary(t *testing.T) {
	t.Parallel()
	needPython(t)
	const system = "/usr/bin/python3" // is asked first
	if _, err := exec.LookPath("uv"); err != nil && exec.Command(system, "-c", "import json").Run() == nil &&
		exec.Command(system, "-c", "import ensurepip").Run() != nil {
		t.Skip("NOT TESTED: PyTorch of the machine: " + system + " has no venv (Debian: apt-get install python3-venv)")
	}
	for _, c := range []struct {
		module, want string
	}{
		{"json", "42 true"},
		{"no_such_module_here", "42 false"},
	} {
		m := newManager(t, storetest.SQLite(t), nil)
		other := "no-such-distribution-here==1.0\n"
		requirements := map[bool]string{true: "./tinywheel-1.0-py3-none-any.whl\n", false: other}
		dir := folder(t, map[string]string{
			"train.py": "import sys, pathlib, tinywheel\n" +
				"text = (pathlib.Path(sys.prefix) / 'pyvenv.cfg').read_text().replace(' ', '').lower()\n" +
				"print(tinywheel.ANSWER, 'true' if 'include-system-site-packages=true' in text else 'false')\n",
			"requirements.txt":               requirements[c.module != "json"],
			"beside.txt":                     requirements[c.module == "json"],
			"tinywheel-1.0-py3-none-any.whl": wheel(t),
			"manifest.json":                  `{"preinstalled": {"module": "` + c.module + `", "requirements": "beside.txt"}}`,
		})
		p, err := prepare(t, m, dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := run(t, p.Train, p.Env); got != c.want {
			t.Errorf("%s: got %q, want %q", c.module, got, c.want)
		}
		if got := p.Env["PIP_CACHE_DIR"]; got != filepath.Join(m.CacheDir(), "pip") {
			t.Errorf("jobs keep downloads in %q", got)
		}
	}
}

func TestForScripts(t *testing.T) {
	t.Parallel()
	m := newManager(t, storetest.SQLite(t), images.FS)
	for uri, want := range map[string][2]string{
		xgboostURI:                   {"library.txt", "requirements.txt"},
		"sagemaker-scikit-learn:1.2": {"requirements.txt", "requirements.txt"},
	} {
		img, err := m.Resolve(t.Context(), uri)
		if got := [2]string{img.Requirements, img.ForScripts().Requirements}; err != nil || got != want {
			t.Errorf("%s: %q without and with a script, want %q; %v", uri, got, want, err)
		}
	}
}

func TestShippedFrameworksAnswerTheSDKsURIs(t *testing.T) {
	t.Parallel()
	m := newManager(t, storetest.SQLite(t), images.FS)
	for uri, name := range map[string]string{
		"683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3": "scikit-learn",
		"763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.8.0-cpu-py312":     "pytorch",
		"763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312":    "pytorch",
		"520713654638.dkr.ecr.us-east-1.amazonaws.com/sagemaker-pytorch:1.1.0-cpu-py3":      "pytorch",
		"683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1":              "xgboost",
	} {
		img, err := m.Resolve(t.Context(), uri)
		if err != nil || img.Name != name || img.Train == nil || img.Serve == nil || img.Enter == nil {
			t.Errorf("%s: %+v, %v", uri, img, err)
		}
	}
	for _, name := range []string{"sklearn", "pytorch", "xgboost"} {
		for _, file := range []string{"train", "serve", "requirements.txt", "Dockerfile"} {
			if info, err := fs.Stat(images.FS, name+"/"+file); err != nil || info.Size() == 0 {
				t.Errorf("%s/%s: %v", name, file, err)
			}
		}
	}
	for _, file := range []string{"enter", "torchrun.py", "scriptmode/__init__.py", "scriptmode/training.py"} {
		if _, err := fs.Stat(images.FS, "toolkit/"+file); err != nil {
			t.Error(err)
		}
	}
}
