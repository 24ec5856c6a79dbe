package image

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Resolve finds the image behind a URI: a folder registered under it, then one
// registered under its repository, then the built-in images. An unknown URI is
// a ValidationException that says how to add one; so is a registered folder
// that has become unusable.
func (m *Manager) Resolve(ctx context.Context, uri string) (Image, error) {
	r, err := parseURI(uri)
	if err != nil {
		return Image{}, err
	}
	dir, found, err := m.registered(ctx, candidates(uri, r))
	if err != nil {
		return Image{}, err
	}
	if found {
		return openFolder(uri, dir)
	}
	for _, b := range m.builtIn {
		for _, pattern := range b.manifest.URIs {
			if matches(pattern, uri) {
				return b.image(uri), nil
			}
		}
	}
	return Image{}, m.unknown(uri)
}

// Resolver finds what stands behind an image URI; a Manager is one.
type Resolver interface {
	Resolve(ctx context.Context, uri string) (Image, error)
}

// Locate decides where the program of an image runs: the server's own where it has
// one, else the container engine, where there is an engine; with only, the engine
// alone. The Image of a URI that the engine runs has nothing but its name, and what
// is built in for that URI.
func Locate(ctx context.Context, known Resolver, uri string, engine, only bool) (img Image, contained bool, err error) {
	img, err = known.Resolve(ctx, uri)
	if !engine || err != nil && aws.CodeOf(err) != aws.ValidationException {
		return img, false, err
	}
	in := Image{URI: uri, Name: uri}
	switch {
	case only && err == nil && img.BuiltIn:
		in.BuiltIn, in.Metrics = true, img.Metrics
		return in, true, nil
	case only || err != nil:
		return in, true, nil
	}
	return img, false, nil
}

// candidates are the registrations that answer a URI, the best first.
func candidates(uri string, r reference) []string {
	c := []string{uri}
	switch {
	case r.digest != "" && r.tag != "":
		c = append(c, r.repository+":"+r.tag)
	case r.digest == "" && r.tag == "":
		c = append(c, r.repository+":latest")
	}
	return append(c, r.repository)
}

// registered answers the folder of the first candidate that is registered.
func (m *Manager) registered(ctx context.Context, candidates []string) (dir string, found bool, err error) {
	err = m.db.View(ctx, func(tx *store.Tx) error {
		for _, uri := range candidates {
			dir, found, err = lookup(tx, uri)
			if err != nil || found {
				return err
			}
		}
		return nil
	})
	return dir, found, err
}

// openFolder reads a registered folder.
func openFolder(uri, dir string) (Image, error) {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return Image{}, aws.Invalid("The folder %s of image %q is gone: restore it, or register another one with: sagebrush image add %s DIR", dir, uri, uri)
	}
	manifest, err := readManifest(os.DirFS(dir), ".")
	if err != nil {
		return Image{}, aws.Invalid("The folder %s of image %q cannot be used: %s.", dir, uri, strings.TrimSuffix(err.Error(), "."))
	}
	if len(manifest.Include) > 0 {
		return Image{}, aws.Invalid("The folder %s of image %q cannot be used: include in its manifest.json is for built-in images. Copy the files into the folder.", dir, uri)
	}
	name := manifest.Name
	if name == "" {
		name = filepath.Base(dir)
	}
	return manifest.image(uri, name, dir), nil
}

// image is the built-in image as an Image.
func (b builtIn) image(uri string) Image {
	img := b.manifest.image(uri, b.manifest.Name, b.dir)
	img.BuiltIn = true
	return img
}

// image puts a manifest into an Image.
func (m Manifest) image(uri, name, dir string) Image {
	return Image{
		URI: uri, Name: name, Dir: dir,
		Train: m.Train, Serve: m.Serve, Enter: m.Enter, Metrics: m.Metrics,
		Python: m.Python, Requirements: m.Requirements, ScriptRequirements: m.ScriptRequirements, NoDependencies: m.NoDependencies,
		Preinstalled: m.Preinstalled, Env: m.Env,
	}
}

// unknown refuses a URI that nothing answers.
func (m *Manager) unknown(uri string) error {
	var known []string
	for _, b := range m.builtIn {
		if len(b.manifest.URIs) > 0 {
			known = append(known, b.manifest.URIs[0])
		}
	}
	hint := ""
	if len(known) > 0 {
		hint = fmt.Sprintf(" Built in: %s.", strings.Join(known, ", "))
	}
	return aws.Invalid("Image %q is not known to this server. Register a folder that holds its train or serve program with: sagebrush image add %s DIR%s", uri, uri, hint)
}
