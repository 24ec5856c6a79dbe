package docker

import (
	"crypto/rand"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// installInit copies the first process of containers into dir, where it stays
// what it is when the server's own file is replaced or removed, and answers its
// path. A server finds the copy of an earlier one.
func installInit(dir, binary string) (string, error) {
	from, err := os.Open(binary)
	if err != nil {
		return "", fmt.Errorf("docker: open the first process of containers: %w", err)
	}
	defer from.Close()
	if err := checkInit(from); err != nil {
		return "", err
	}
	st, err := from.Stat()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, fmt.Sprintf("%s%x-%x", initPrefix, st.ModTime().UnixNano(), st.Size()))
	if there, err := os.Stat(path); err == nil && there.Size() == st.Size() {
		return path, nil
	}
	to, err := os.CreateTemp(dir, "copy-")
	if err != nil {
		return "", fmt.Errorf("docker: copy the first process of containers: %w", err)
	}
	defer os.Remove(to.Name())
	_, err = io.Copy(to, from)
	err = errors.Join(err, to.Chmod(0o755), to.Close())
	if err == nil {
		err = os.Rename(to.Name(), path)
	}
	if err != nil {
		return "", fmt.Errorf("docker: copy the first process of containers: %w", err)
	}
	return path, nil
}

// initPrefix begins the names of these copies.
const initPrefix = "init-"

// checkInit says why a binary does not run in every image.
func checkInit(f *os.File) error {
	e, err := elf.NewFile(f)
	if err != nil {
		return fmt.Errorf("docker: %s is no Linux binary, so it cannot be the first process of containers: %w", f.Name(), err)
	}
	if slices.ContainsFunc(e.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return fmt.Errorf("docker: %s needs shared libraries, so it cannot be the first process of containers: build it with CGO_ENABLED=0, as `make build` does", f.Name())
	}
	return nil
}

// ownerOf reads or makes the random word that tells servers apart.
func ownerOf(dir string) (string, error) {
	path := filepath.Join(dir, "owner")
	for {
		data, err := os.ReadFile(path)
		if err == nil && len(data) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return string(data), err
		}
		word := strings.ToLower(rand.Text()[:10])
		tmp := path + "." + word
		if err := os.WriteFile(tmp, []byte(word), 0o600); err != nil {
			return "", err
		}
		err = os.Link(tmp, path) // unlike a rename, it never replaces
		os.Remove(tmp)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
}
