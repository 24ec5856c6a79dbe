package app_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// covers finds the marker that a test carries for the operations it proves.
var covers = regexp.MustCompile(`(?m)covers: ([A-Za-z0-9. ]+)$`)

// The coverage page: every operation, implemented or not, with the test that
// proves it. An implemented operation that no test names fails here. Run with
// SAGEBRUSH_UPDATE=1 (make generate) to write the page anew.
func TestCoverage(t *testing.T) {
	t.Parallel()
	root := ".."
	proofs := proofs(t, root)
	a := open(t)
	var page strings.Builder
	page.WriteString("# Coverage\n\nWritten by `TestCoverage` (`make generate`). An operation without a test here has no implementation: it answers\n" +
		"`UnsupportedOperationException`, after its input was decoded and validated.\n")
	byService := map[string][]string{}
	done := map[string]int{}
	for _, op := range a.Operations() {
		name := op.Service + "." + op.Name
		tests := proofs[name]
		switch {
		case op.Implemented && len(tests) == 0:
			t.Errorf("%s is implemented, but no test says \"covers: %s\"", name, name)
		case !op.Implemented && len(tests) > 0:
			t.Errorf("%s is not implemented, but %s claims to prove it", name, tests)
		}
		line := fmt.Sprintf("| %s | – |\n", op.Name)
		if op.Implemented {
			done[op.Service]++
			line = fmt.Sprintf("| **%s** | %s |\n", op.Name, strings.Join(tests, "<br>"))
		}
		byService[op.Service] = append(byService[op.Service], line)
	}
	for _, service := range slices.Sorted(maps.Keys(byService)) {
		fmt.Fprintf(&page, "\n## %s: %d of %d\n\n| operation | proved by |\n|---|---|\n%s", service, done[service], len(byService[service]), strings.Join(byService[service], ""))
	}
	path := filepath.Join(root, "docs", "coverage.md")
	if os.Getenv("SAGEBRUSH_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != page.String() {
		t.Errorf("docs/coverage.md is not current (%v): run make generate", err)
	}
}

// proofs maps an operation to the test files that say they cover it.
func proofs(t *testing.T, root string) map[string][]string {
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (name == ".git" || name == ".venv" || name == "node_modules" || name == "bin" || strings.HasPrefix(name, ".") && path != root) {
			return filepath.SkipDir
		}
		isTest := strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "test_") && strings.HasSuffix(name, ".py")
		if d.IsDir() || !isTest || name == "coverage_test.go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for _, m := range covers.FindAllStringSubmatch(string(text), -1) {
			for op := range strings.FieldsSeq(m[1]) {
				if link := "`" + rel + "`"; !slices.Contains(found[op], link) {
					found[op] = append(found[op], link)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
