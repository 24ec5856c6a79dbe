package image

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// builtIn is an image that the binary carries.
type builtIn struct {
	manifest Manifest
	files    []fs.FS // the image's folder and those that it includes
	dir      string
}

// readBuiltIn reads the manifests of every folder of fsys; folders without one
// are there to be included.
func readBuiltIn(fsys fs.FS, cacheDir string) ([]builtIn, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("image: built-in images: %w", err)
	}
	var found []builtIn
	for _, e := range entries {
		if !e.IsDir() || !exists(fsys, path.Join(e.Name(), ManifestName)) {
			continue
		}
		m, err := readManifest(fsys, e.Name())
		if err != nil {
			return nil, fmt.Errorf("image: built-in image %s: %w", e.Name(), err)
		}
		if m.Name == "" {
			m.Name = e.Name()
		}
		files, err := folders(fsys, append([]string{e.Name()}, m.Include...))
		if err != nil {
			return nil, fmt.Errorf("image: built-in image %s: %w", e.Name(), err)
		}
		sum, err := hashTrees(files)
		if err != nil {
			return nil, fmt.Errorf("image: built-in image %s: %w", e.Name(), err)
		}
		found = append(found, builtIn{m, files, filepath.Join(cacheDir, "images", m.Name+"-"+sum)})
	}
	return found, nil
}

// folders are the named folders of fsys. No two may hold a file of the same
// name, for their files are laid into one folder.
func folders(fsys fs.FS, names []string) ([]fs.FS, error) {
	var found []fs.FS
	owner := map[string]string{}
	for _, name := range names {
		sub, err := fs.Sub(fsys, name)
		if err != nil {
			return nil, err
		}
		err = fs.WalkDir(sub, ".", func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if other, taken := owner[file]; taken {
				return fmt.Errorf("%s and %s both hold %s", other, name, file)
			}
			owner[file] = name
			return nil
		})
		if err != nil {
			return nil, err
		}
		found = append(found, sub)
	}
	return found, nil
}

// hashTrees names the content of folders.
func hashTrees(trees []fs.FS) (string, error) {
	h := sha256.New()
	for _, fsys := range trees {
		err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				return err
			}
			fmt.Fprintf(h, "%s\x00%d\x00", name, len(data))
			h.Write(data)
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
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
	for _, files := range b.files {
		if err := copyTree(files, partial); err != nil {
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

// copyTree writes the files of fsys under dir.
func copyTree(fsys fs.FS, dir string) error {
	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(dir, filepath.FromSlash(path.Clean(name)))
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if bytes.HasPrefix(data, []byte("#!")) { // embedding loses the mode
			mode = 0o755
		}
		return os.WriteFile(target, data, mode)
	})
}
