package image

import (
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/sagebrush/sagebrush/store"
)

// Options of New.
type Options struct {
	// DB keeps the registrations.
	DB *store.DB
	// CacheDir holds environments and the files of built-in images, "" for the
	// user's own cache directory. Servers may share it.
	CacheDir string
	// Hidden is a directory whose folders cannot be images, because programs do not
	// see it; "" for none.
	Hidden string
	// Images holds the built-in images, one folder each (images.FS).
	Images fs.FS
	// Logger receives what preparing does; nil discards it.
	Logger *slog.Logger
}

// Manager resolves image URIs and prepares images. Safe for concurrent use.
type Manager struct {
	db       *store.DB
	cacheDir string
	hidden   string
	builtIn  []builtIn
	logger   *slog.Logger

	mu      sync.Mutex
	pythons map[string]string // interpreter by version range, found once
	modules map[string]found  // interpreter by module and version range, asked once
}

// Image is the program behind an image URI.
type Image struct {
	// URI is the one that was asked for; Name is what people call the image.
	URI, Name string
	// Dir is the folder with its files; of a built-in image it exists once
	// Prepare has run.
	Dir string
	// Train and Serve are the commands as the manifest has them; nil where the
	// image cannot do that. Prepare answers the ones to run.
	Train, Serve []string
	// Enter precedes commands that are not the image's own; it may be nil.
	Enter []string
	// Metrics are the image's own metric definitions.
	Metrics []Metric
	// BuiltIn says that Sagebrush ships it.
	BuiltIn bool
	// Python is the range of versions it runs on, Requirements its requirements
	// file inside Dir, "" without one.
	Python, Requirements string
	// ScriptRequirements is the requirements file for ForScripts, "" for the same.
	ScriptRequirements string
	// NoDependencies installs the requirements alone, not what they ask for.
	NoDependencies bool
	// Preinstalled is a library that the machine may have already; nil for none.
	Preinstalled *Preinstalled
	// Env is added to the program's environment.
	Env map[string]string
}

// ForScripts is the image as it runs a program of the user's.
func (img Image) ForScripts() Image {
	if img.ScriptRequirements != "" {
		img.Requirements = img.ScriptRequirements
	}
	return img
}

// Program is an image made ready to run. The slices and the map belong to the
// caller.
type Program struct {
	// Train and Serve are complete command lines; nil where the image has none.
	Train, Serve []string
	// Enter precedes any other command that is to run in the image; it may be nil.
	Enter []string
	// Env is what the program needs beside the job's own variables: PATH first.
	Env map[string]string
}

// New makes a Manager. It reads the built-in images' manifests; a broken one is
// an error of the build, not of a user.
func New(o Options) (*Manager, error) {
	m := &Manager{db: o.DB, cacheDir: o.CacheDir, hidden: o.Hidden, logger: o.Logger, pythons: map[string]string{}, modules: map[string]found{}}
	if m.logger == nil {
		m.logger = slog.New(slog.DiscardHandler)
	}
	if m.cacheDir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("image: no cache directory: %w; set HOME or XDG_CACHE_HOME", err)
		}
		m.cacheDir = filepath.Join(base, "sagebrush")
	}
	abs, err := filepath.Abs(m.cacheDir)
	if err != nil {
		return nil, fmt.Errorf("image: cache directory: %w", err)
	}
	m.cacheDir = abs
	if o.Images != nil {
		if m.builtIn, err = readBuiltIn(o.Images, m.cacheDir); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// CacheDir is where environments and built-in images are kept.
func (m *Manager) CacheDir() string { return m.cacheDir }
