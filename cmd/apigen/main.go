// Command apigen writes the packages under api/ from the API models that ship
// with aws-sdk-go, at the version that go.mod pins (go.sum guards its content).
//
//	go run ./cmd/apigen          # write (make generate)
//	go run ./cmd/apigen -check   # exit 1 and name the files that would change
//
// It takes facts from the models - names, types, ranges, patterns, enums,
// operations, errors - and no prose and no code. Which services and operations
// are taken stands in the table in services.go; add a line there to add one. A few
// operations are younger than the models: their facts stand in newer/.
//
// The generated code is data and types only: package aws/schema explains how a
// shape looks in Go and as data, package wire interprets it.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	check := flag.Bool("check", false, "write nothing; exit 1 when a generated file is missing, different or left over")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "apigen:", err)
		os.Exit(1)
	}
}

// run generates everything below the module's root, or compares with it.
func run(check bool) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	models, err := modelsDir()
	if err != nil {
		return err
	}
	files, err := generateAll(models)
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "api")
	changed, err := differences(dir, files)
	if err != nil {
		return err
	}
	if check {
		if len(changed) > 0 {
			return fmt.Errorf("these files under api/ are not current, run make generate: %s", strings.Join(changed, ", "))
		}
		return nil
	}
	for _, name := range changed {
		path := filepath.Join(dir, name)
		data, ok := files[name]
		if !ok {
			if err := os.Remove(path); err != nil {
				return err
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generateAll makes the files of every service, by path below api/.
func generateAll(models string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, s := range services {
		m, err := readModel(models, s)
		if err != nil {
			return nil, err
		}
		g, err := newGenerator(s, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.id, err)
		}
		out, err := g.files()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.id, err)
		}
		for name, data := range out {
			files[filepath.Join(s.id, name)] = data
		}
	}
	return files, nil
}

// differences lists, sorted, the files that are missing from or different in
// dir, and the generated ones in it that are left over.
func differences(dir string, files map[string][]byte) ([]string, error) {
	var changed []string
	for name, want := range files {
		have, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err != nil || !bytes.Equal(have, want) {
			changed = append(changed, name)
		}
	}
	existing, err := filepath.Glob(filepath.Join(dir, "*", "*_gen.go"))
	if err != nil {
		return nil, err
	}
	for _, path := range existing {
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return nil, err
		}
		if _, ok := files[name]; !ok {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return changed, nil
}
