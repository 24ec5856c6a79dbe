package image

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
)

// Prepare makes an image ready: its files, its environment, its command lines.
// What has been made before is found by a few looks at the file system, so every
// job may ask. The first time takes as long as installing the requirements;
// progress, if not nil, receives a line for each step of that. When two ask at
// once, in one process or several, one works and the other waits.
//
// A failure is an *aws.Error (ServiceUnavailable) whose message says what could
// not be done and ends with the last lines of the tool's own output.
func (m *Manager) Prepare(ctx context.Context, img Image, progress func(line string)) (Program, error) {
	if progress == nil {
		progress = func(string) {}
	}
	if img.BuiltIn {
		if err := m.extract(img); err != nil {
			return Program{}, failure(img, fmt.Sprintf("its files cannot be written under %s: %s", m.cacheDir, err), nil, err)
		}
	}
	python, env := "", map[string]string{}
	searchPath := os.Getenv("PATH")
	if searchPath == "" {
		searchPath = "/usr/local/bin:/usr/bin:/bin"
	}
	switch {
	case img.Requirements != "":
		dir, err := m.environment(ctx, img, progress)
		if err != nil {
			return Program{}, err
		}
		python = filepath.Join(dir, "bin", "python")
		env["VIRTUAL_ENV"] = dir
	case usesPython(img.Train) || usesPython(img.Serve) || img.Python != "":
		var err error
		if python, err = m.python(ctx, img.Python); err != nil {
			return Program{}, failure(img, err.Error(), nil, err)
		}
	}
	if python != "" {
		// Scripts that begin with #!/usr/bin/env python3 find the same interpreter.
		searchPath = filepath.Dir(python) + string(os.PathListSeparator) + searchPath
	}
	env["PATH"] = searchPath
	maps.Copy(env, m.pipSettings())
	// Python writes to a pipe in blocks; a log is read while it is written.
	env["PYTHONUNBUFFERED"] = "1"
	fill := strings.NewReplacer("{dir}", img.Dir, "{python}", python)
	for name, value := range img.Env {
		env[name] = fill.Replace(value)
	}
	return Program{Train: fillAll(fill, img.Train), Serve: fillAll(fill, img.Serve), Enter: fillAll(fill, img.Enter), Env: maps.Clone(env)}, nil
}

// pipSettings are for programs that install packages for one job, such as what
// the requirements.txt of a user's script names: from the index that the server
// itself uses, with a cache of downloads that all jobs share.
func (m *Manager) pipSettings() map[string]string {
	env := map[string]string{
		"PIP_CACHE_DIR":                 filepath.Join(m.cacheDir, "pip"),
		"PIP_DISABLE_PIP_VERSION_CHECK": "1",
		"PIP_ROOT_USER_ACTION":          "ignore",
	}
	for _, name := range []string{
		"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_CERT", "PIP_TRUSTED_HOST", "PIP_CONFIG_FILE",
	} {
		if value := os.Getenv(name); value != "" {
			env[name] = value
		}
	}
	return env
}

// extract writes the files of the built-in image.
func (m *Manager) extract(img Image) error {
	for _, b := range m.builtIn {
		if b.dir == img.Dir {
			return b.extract()
		}
	}
	return fmt.Errorf("no built-in image %s", img.Name)
}

// python finds an interpreter once for each range.
func (m *Manager) python(ctx context.Context, spec string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if path, ok := m.pythons[spec]; ok {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	r, err := parseRange(spec)
	if err != nil {
		return "", err
	}
	path, err := findPython(ctx, r)
	if err == nil {
		m.pythons[spec] = path
	}
	return path, err
}

// usesPython says whether a command names the environment's interpreter.
func usesPython(command []string) bool {
	return slices.ContainsFunc(command, func(s string) bool { return strings.Contains(s, "{python}") })
}

// fillAll replaces the placeholders of a command.
func fillAll(fill *strings.Replacer, command []string) []string {
	if command == nil {
		return nil
	}
	out := make([]string, len(command))
	for i, word := range command {
		out[i] = fill.Replace(word)
	}
	return out
}

// failure is the error of Prepare.
func failure(img Image, what string, log []string, cause error) error {
	message := fmt.Sprintf("Image %s could not be prepared: %s", img.Name, strings.TrimSuffix(what, "."))
	if len(log) > 0 {
		message += ". The last lines were:\n" + strings.Join(log, "\n")
	} else {
		message += "."
	}
	return &aws.Error{Code: aws.ServiceUnavailable, Message: message, Cause: cause}
}
