package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// plan is how an image's environment is made.
type plan struct {
	// name is the environment's directory: it names all that it depends on.
	name string
	// requirements is the file to install, inside the image's folder.
	requirements string
	// alone installs them without what they ask for beyond themselves.
	alone bool
	// base is the interpreter whose packages the environment shall see, "" to see
	// none but its own.
	base string
}

// install adds what to install to the arguments of uv or pip.
func (p plan) install(args ...string) []string {
	if p.alone {
		args = append(args, "--no-deps")
	}
	return append(args, "-r", p.requirements)
}

// plan decides what to install, and over which interpreter.
func (m *Manager) plan(ctx context.Context, img Image) (plan, error) {
	p := plan{requirements: img.Requirements, alone: img.NoDependencies}
	origin := ""
	if img.Preinstalled != nil {
		r, err := parseRange(img.Python)
		if err != nil {
			return p, failure(img, err.Error(), nil, err)
		}
		if base, release := m.preinstalled(ctx, r, img.Preinstalled.Module); base != "" {
			p.base, p.requirements = base, img.Preinstalled.Requirements
			origin = base + " " + release
		}
	}
	requirements, err := requirementsText(img.Dir, p.requirements)
	if err != nil {
		return p, failure(img, fmt.Sprintf("its requirements cannot be read: %s", err), nil, err)
	}
	// Images with the same requirements share an environment, whatever they are called.
	h := sha256.New()
	fmt.Fprintf(h, "1\n%s\n%s/%s\n%s", img.Python, runtime.GOOS, runtime.GOARCH, origin)
	h.Write([]byte(requirements))
	if p.alone {
		h.Write([]byte("\n--no-deps"))
	}
	p.name = hex.EncodeToString(h.Sum(nil))[:20]
	return p, nil
}

// requirementsText is the text of a requirements file and of those that it
// names, so that a change of any of them counts.
func requirementsText(dir, name string) (string, error) {
	var text strings.Builder
	seen := map[string]bool{}
	var read func(path string) error
	read = func(path string) error {
		if seen[path] {
			return nil
		}
		seen[path] = true
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text.Write(data)
		for line := range strings.Lines(string(data)) {
			fields := strings.Fields(line)
			if len(fields) == 2 && (fields[0] == "-r" || fields[0] == "-c" || fields[0] == "--requirement" || fields[0] == "--constraint") &&
				!strings.Contains(fields[1], "://") {
				if err := read(filepath.Join(filepath.Dir(path), fields[1])); err != nil {
					return err
				}
			}
		}
		return nil
	}
	err := read(filepath.Join(dir, name))
	return text.String(), err
}

// found is an interpreter that has a module; the zero value says that none has.
type found struct{ python, release string }

// preinstalled answers the first interpreter in the range that has a module, and
// where that stands with its time of change, so that another release of it makes
// another environment. It is asked once in the life of the server, for jobs must
// start fast.
func (m *Manager) preinstalled(ctx context.Context, r pythonRange, module string) (python, release string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := module + " " + r.String()
	if f, asked := m.modules[key]; asked {
		return f.python, f.release
	}
	const look = `import importlib.util, os, sys
spec = importlib.util.find_spec(sys.argv[1])
if spec is None or not spec.origin: sys.exit(1)
print(sys.version_info[0], sys.version_info[1], sys.executable)
print(spec.origin, os.stat(spec.origin).st_mtime_ns)`
	var f found
	// The machine's own packages belong to the system's Python, which another one
	// may hide on PATH.
	for _, name := range append([]string{"/usr/bin/python3"}, pythonNames()...) {
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		out, err := exec.CommandContext(ctx, name, "-c", look, module).Output()
		cancel()
		if err != nil {
			continue
		}
		version, origin, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		fields := strings.SplitN(version, " ", 3) // a path may hold spaces
		if len(fields) != 3 {
			continue
		}
		major, _ := strconv.Atoi(fields[0])
		minor, _ := strconv.Atoi(fields[1])
		if r.admits(major, minor) {
			f = found{fields[2], origin}
			break
		}
	}
	if ctx.Err() == nil {
		m.modules[key] = f
	}
	return f.python, f.release
}
