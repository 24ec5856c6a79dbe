package image

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// builtIn is an image that the binary carries.
type builtIn struct {
	manifest Manifest
	files    map[string][]byte // by slash-separated name: its own and the included ones
	dir      string
}

// readBuiltIn reads the manifests of every folder of fsys that has one.
func readBuiltIn(fsys fs.FS, cacheDir string) ([]builtIn, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("image: built-in images: %w", err)
	}
	var found []builtIn
	for _, e := range entries {
		if !e.IsDir() || !exists(fsys, path.Join(e.Name(), ManifestName)) {
			continue // such as a folder that is only included
		}
		m, err := readManifest(fsys, e.Name())
		if err != nil {
			return nil, fmt.Errorf("image: built-in image %s: %w", e.Name(), err)
		}
		if m.Name == "" {
			m.Name = e.Name()
		}
		files, err := gather(fsys, m.folders(e.Name()))
		if err != nil {
			return nil, fmt.Errorf("image: built-in image %s: %w", e.Name(), err)
		}
		found = append(found, builtIn{m, files, filepath.Join(cacheDir, "images", m.Name+"-"+digest(files))})
	}
	return found, nil
}

// gather reads the files of several folders; of two with the same name the one
// of the earlier folder counts.
func gather(fsys fs.FS, folders []string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, folder := range folders {
		sub, err := fs.Sub(fsys, folder)
		if err != nil {
			return nil, err
		}
		err = fs.WalkDir(sub, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if _, taken := files[name]; taken {
				return nil
			}
			files[name], err = fs.ReadFile(sub, name)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("folder %s: %w", folder, err)
		}
	}
	return files, nil
}

// digest names the content of an image.
func digest(files map[string][]byte) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s\x00%d\x00", name, len(files[name]))
		h.Write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// extract writes the image's files to its directory, whole or not at all: into a
// directory beside it that is then renamed. Several processes may do it at once;
// one wins and the others use its result.
func (b builtIn) extract() error {
	if _, err := os.Stat(b.dir); err == nil {
		return nil
	}
	parent := filepath.Dir(b.dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	partial, err := os.MkdirTemp(parent, "."+filepath.Base(b.dir)+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(partial)
	if err := os.Chmod(partial, 0o755); err != nil { // MkdirTemp's 0700 would shut jobs of other users out
		return err
	}
	for name, data := range b.files {
		target := filepath.Join(partial, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if bytes.HasPrefix(data, []byte("#!")) { // embedding loses the mode
			mode = 0o755
		}
		if err := os.WriteFile(target, data, mode); err != nil {
			return err
		}
	}
	if err := os.Rename(partial, b.dir); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, statErr := os.Stat(b.dir); statErr != nil { // ENOTEMPTY: somebody was first
			return err
		}
	}
	return nil
}
