package image

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// ManifestName is the file in an image folder that describes it.
const ManifestName = "manifest.json"

// requirementsName is the requirements file of folders without a manifest.
const requirementsName = "requirements.txt"

// Metric is a metric definition that an image brings along: jobs that use it
// get it without asking (CreateTrainingJob-20).
type Metric struct {
	// Name is the metric's name, such as "validation:auc".
	Name string `json:"name"`
	// Regex finds the value in a log line, as its first group.
	Regex string `json:"regex"`
}

// Manifest describes an image folder. Every member may be absent.
type Manifest struct {
	// Name is what people call the image, the folder's name by default.
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	// URIs are patterns of the image URIs that a built-in image answers, in which
	// * stands for any characters; it is ignored in registered folders.
	URIs []string `json:"uris,omitempty"`
	// Python is the range of versions the program runs on, such as ">=3.10,<3.14".
	Python string `json:"python,omitempty"`
	// Requirements is the requirements file, requirements.txt by default.
	Requirements string `json:"requirements,omitempty"`
	// ScriptRequirements is the requirements file of jobs that run a program of
	// the user's in the image, Requirements by default: what scripts import without
	// asking would make the image's own programs wait.
	ScriptRequirements string `json:"scriptRequirements,omitempty"`
	// NoDependencies says that the requirements file names everything: what its
	// packages ask for beyond it is not installed.
	NoDependencies bool `json:"noDependencies,omitempty"`
	// Preinstalled is a large library that the machine may have already.
	Preinstalled *Preinstalled `json:"preinstalled,omitempty"`
	// Train and Serve are commands. {dir} stands for the folder and {python} for
	// the environment's interpreter.
	Train []string `json:"train,omitempty"`
	Serve []string `json:"serve,omitempty"`
	// Enter precedes a command that a request gives instead of Train, and runs it:
	// it makes ready what the image's own programs make ready for themselves.
	Enter []string `json:"enter,omitempty"`
	// Metrics are the image's own metric definitions.
	Metrics []Metric `json:"metrics,omitempty"`
	// Env is added to the program's environment; {dir} works here too.
	Env map[string]string `json:"env,omitempty"`
	// Include names folders beside a built-in image's own whose files are laid
	// into its directory too, under the names that its own files leave free.
	// Images share programs that way; a folder that is only included has no
	// manifest. Registered folders cannot include others.
	Include []string `json:"include,omitempty"`
}

// folders are the folders of fsys whose files make up the image in dir, its own
// first: of two files with the same name the first one counts.
func (m Manifest) folders(dir string) []string {
	list := []string{dir}
	for _, name := range m.Include {
		list = append(list, path.Join(path.Dir(dir), name))
	}
	return list
}

// Preinstalled says what to do where an interpreter of the machine that fits the
// image has a library already: its packages are used, and Requirements alone is
// installed beside them.
type Preinstalled struct {
	// Module is what the program imports, such as "torch".
	Module string `json:"module"`
	// Requirements is the requirements file that then stands for the image's.
	Requirements string `json:"requirements"`
}

// readManifest reads the manifest in dir of fsys and fills in what the folder's
// files say; the error is one sentence for the person who wrote the folder.
func readManifest(fsys fs.FS, dir string) (Manifest, error) {
	var m Manifest
	data, err := fs.ReadFile(fsys, path.Join(dir, ManifestName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return m, fmt.Errorf("%s cannot be read: %w", ManifestName, err)
	default:
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		if err := d.Decode(&m); err != nil {
			return m, fmt.Errorf("%s is not a manifest: %w", ManifestName, err)
		}
		if d.More() {
			return m, fmt.Errorf("%s holds more than one JSON value", ManifestName)
		}
	}
	for _, metric := range m.Metrics {
		if metric.Name == "" || metric.Regex == "" {
			return m, fmt.Errorf("%s: metric %q needs a name and a regular expression", ManifestName, metric.Name)
		}
	}
	if _, err := parseRange(m.Python); err != nil {
		return m, fmt.Errorf("%s: python: %w", ManifestName, err)
	}
	for _, name := range m.Include {
		if !fs.ValidPath(name) || name != path.Base(name) || name == "." || name == path.Base(dir) {
			return m, fmt.Errorf("%s includes %q, which is not the name of another folder", ManifestName, name)
		}
	}
	if m.Requirements == "" && m.holds(fsys, dir, requirementsName) {
		m.Requirements = requirementsName
	} else if m.Requirements != "" && !m.holds(fsys, dir, m.Requirements) {
		return m, fmt.Errorf("%s names the requirements file %s, which does not exist", ManifestName, m.Requirements)
	}
	if m.ScriptRequirements != "" && !exists(fsys, path.Join(dir, m.ScriptRequirements)) {
		return m, fmt.Errorf("%s names the requirements file %s, which does not exist", ManifestName, m.ScriptRequirements)
	}
	if p := m.Preinstalled; p != nil && (p.Module == "" || !exists(fsys, path.Join(dir, p.Requirements))) {
		return m, fmt.Errorf("%s: preinstalled needs a module and a requirements file that exists", ManifestName)
	}
	if m.Train, err = command(fsys, dir, "train", m.Train); err != nil {
		return m, err
	}
	if m.Serve, err = command(fsys, dir, "serve", m.Serve); err != nil {
		return m, err
	}
	if m.Train == nil && m.Serve == nil {
		return m, errors.New("it holds neither train nor serve: add an executable file of that name, or train.py, or a manifest.json that names the command")
	}
	return m, nil
}

// command is the manifest's command, or the one that the folder's files imply;
// nil when there is none.
func command(fsys fs.FS, dir, name string, given []string) ([]string, error) {
	if len(given) > 0 {
		return given, nil
	}
	info, err := fs.Stat(fsys, path.Join(dir, name))
	switch {
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a file", name)
	case err == nil && info.Mode()&0o111 == 0:
		return nil, fmt.Errorf("%s is not executable: chmod +x it, and begin a script with #! and its interpreter", name)
	case err == nil:
		return []string{"{dir}/" + name}, nil
	case exists(fsys, path.Join(dir, name+".py")):
		return []string{"{python}", "{dir}/" + name + ".py"}, nil
	}
	return nil, nil
}

// holds says whether one of the image's folders has a regular file of that name.
func (m Manifest) holds(fsys fs.FS, dir, name string) bool {
	return slices.ContainsFunc(m.folders(dir), func(folder string) bool {
		return exists(fsys, path.Join(folder, name))
	})
}

// exists says whether a regular file of that name is there.
func exists(fsys fs.FS, name string) bool {
	info, err := fs.Stat(fsys, name)
	return err == nil && info.Mode().IsRegular()
}
