package server

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// binary builds sagebrush. It is package state because all tests of a process
// use the same one.
var binary = sync.OnceValues(func() (string, error) {
	if b := os.Getenv("SAGEBRUSH_BIN"); b != "" {
		return filepath.Abs(b)
	}
	dir, err := os.MkdirTemp("", "sagebrush-bin-")
	if err != nil {
		return "", err
	}
	b := filepath.Join(dir, "sagebrush")
	if out, err := exec.Command("go", "build", "-o", b, "github.com/sagebrush/sagebrush/cmd/sagebrush").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return b, nil
})

// Main runs the tests and removes the binary that they built.
func Main(m *testing.M) {
	code := m.Run()
	if b, err := binary(); err == nil && os.Getenv("SAGEBRUSH_BIN") == "" {
		_ = os.RemoveAll(filepath.Dir(b))
	}
	os.Exit(code)
}

// Directory is a directory for a server's data and for what programs of jobs
// write. It is removed at the end of a test that passed. Everybody may look into
// it, because programs may run as another user.
func Directory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sagebrush-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("kept: %s", dir)
		} else if err := os.RemoveAll(dir); err != nil {
			t.Errorf("the test's directory: %v", err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
