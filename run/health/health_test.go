package health_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/run/health"
)

// TrainContainer-16: a sound machine passes, and what was found is said.
func TestCheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	found, err := health.Check(t.Context(), dir, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"memory 64 MiB held", "disk wrote 16 MiB", "GPUs ", "network 3 hosts reached"} {
		if !strings.Contains(found, want) {
			t.Errorf("%q does not say %q", found, want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".check-*")); len(left) != 0 {
		t.Errorf("it left %v", left)
	}
}

// A disk that cannot be written to is a fault.
func TestFault(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := health.Check(t.Context(), file, 1); err == nil || !strings.HasPrefix(err.Error(), "disk: ") {
		t.Errorf("%v", err)
	}
}
