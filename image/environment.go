package image

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// readyMarker is the file that a finished environment holds, written last.
const readyMarker = ".sagebrush-ready"

// environment answers the directory of the image's virtual environment, making
// it when it is not there or its interpreter has gone.
func (m *Manager) environment(ctx context.Context, img Image, progress func(string)) (string, error) {
	plan, err := m.plan(ctx, img)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(m.cacheDir, "envs", plan.name)
	if ready(dir) {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", failure(img, fmt.Sprintf("the cache directory cannot be made: %s", err), nil, err)
	}
	lock, err := acquire(ctx, dir+".lock", func() {
		progress("Waiting for another process that prepares the same environment")
	})
	if err != nil {
		return "", failure(img, fmt.Sprintf("the lock %s.lock cannot be had: %s", dir, err), nil, err)
	}
	defer lock.Close()
	if ready(dir) {
		return dir, nil
	}
	started := time.Now()
	m.logger.Info("preparing an image's environment", "image", img.Name, "dir", dir)
	if err := m.make(ctx, img, plan, dir, lock, progress); err != nil {
		m.logger.Warn("an image's environment could not be prepared", "image", img.Name, "error", err)
		return "", err
	}
	took := time.Since(started).Round(100 * time.Millisecond)
	progress(fmt.Sprintf("Ready after %s", took))
	m.logger.Info("an image's environment is ready", "image", img.Name, "dir", dir, "seconds", took.Seconds())
	return dir, nil
}

// ready says whether an environment is whole and its interpreter still exists.
func ready(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, readyMarker)); err != nil {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, "bin", "python"))
	return err == nil
}

// make builds the environment in its final place, under the lock.
func (m *Manager) make(ctx context.Context, img Image, p plan, dir string, lock *os.File, progress func(string)) error {
	w := &worker{dir: img.Dir, lock: lock, progress: progress}
	if p.base != "" {
		progress("Using " + img.Preinstalled.Module + " of " + p.base)
	}
	install := func(build func() error) error {
		if err := os.RemoveAll(dir); err != nil {
			return &stepError{what: fmt.Sprintf("what is left of an earlier try cannot be removed: %s", err), cause: err}
		}
		return build()
	}
	r, err := parseRange(img.Python)
	if err != nil {
		return failure(img, err.Error(), nil, err)
	}
	err = errNoUV
	if uv, lookErr := exec.LookPath("uv"); lookErr == nil {
		err = install(func() error { return w.withUV(ctx, uv, r, dir, p) })
		if err != nil && ctx.Err() == nil {
			progress("uv did not succeed: trying venv and pip")
		}
	}
	if err != nil && ctx.Err() == nil {
		python, findErr := p.base, error(nil)
		if python == "" {
			python, findErr = m.python(ctx, img.Python)
		}
		switch {
		case findErr == nil:
			err = install(func() error { return w.withPip(ctx, python, dir, p) })
		case errors.Is(err, errNoUV):
			err = &stepError{what: findErr.Error(), cause: findErr}
		}
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, readyMarker), []byte(time.Now().UTC().Format(time.RFC3339)+"\n"), 0o644)
	}
	if err == nil {
		return nil
	}
	_ = os.RemoveAll(dir) // half an environment helps nobody; the marker is missing anyway
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var step *stepError
	if errors.As(err, &step) {
		return failure(img, step.what, step.log, step.cause)
	}
	return failure(img, err.Error(), nil, err)
}

// errNoUV says that uv is not installed.
var errNoUV = errors.New("uv is not installed")

// withUV makes the environment with uv, which brings its own downloads of Python
// where the server's settings allow it.
func (w *worker) withUV(ctx context.Context, uv string, r pythonRange, dir string, p plan) error {
	w.progress("Making a Python environment with uv")
	args := []string{"venv", "--no-project", "--python", r.String(), dir}
	if p.base != "" {
		args = []string{"venv", "--no-project", "--system-site-packages", "--python", p.base, dir}
	}
	if err := w.run(ctx, "making the environment", uv, args...); err != nil {
		return err
	}
	w.progress("Installing " + p.requirements)
	return w.run(ctx, "installing the requirements", uv, p.install("pip", "install", "--compile-bytecode",
		"--python", filepath.Join(dir, "bin", "python"))...)
}

// withPip makes the environment with Python's own tools.
func (w *worker) withPip(ctx context.Context, python, dir string, p plan) error {
	w.progress("Making a Python environment with venv and pip")
	args := []string{"-m", "venv", dir}
	if p.base != "" {
		args = []string{"-m", "venv", "--system-site-packages", dir}
	}
	if err := w.run(ctx, "making the environment", python, args...); err != nil {
		return err
	}
	w.progress("Installing " + p.requirements)
	return w.run(ctx, "installing the requirements", filepath.Join(dir, "bin", "python"), p.install("-m", "pip", "install",
		"--no-input", "--disable-pip-version-check", "--progress-bar", "off")...)
}

// toolEnv is the server's environment for uv and pip: its proxies, PIP_* and
// UV_* settings count, but not what would make them install somewhere else. uv
// does not know pip's variables, so those that name the index are translated.
func toolEnv(environ []string) []string {
	values := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		switch name {
		case "PYTHONHOME", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_USER",
			"PIP_REQUIRE_VIRTUALENV", "UV_PROJECT_ENVIRONMENT", "UV_SYSTEM_PYTHON", "CONDA_PREFIX":
			continue
		}
		values[name] = value
	}
	for pip, uv := range map[string]string{
		"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_EXTRA_INDEX_URL": "UV_INDEX", "PIP_NO_INDEX": "UV_NO_INDEX",
		"PIP_FIND_LINKS": "UV_FIND_LINKS", "PIP_CERT": "SSL_CERT_FILE",
	} {
		if value, ok := values[pip]; ok && value != "" && values[uv] == "" {
			values[uv] = value
		}
	}
	out := make([]string, 0, len(values))
	for name, value := range values {
		out = append(out, name+"="+value)
	}
	return out
}
