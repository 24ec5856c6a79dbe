package image_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sagebrush/sagebrush/store/storetest"
)

// An image whose requirements name everything gets them alone, in an environment
// of its own: the same file with dependencies is another one.
func TestNoDependencies(t *testing.T) {
	t.Parallel()
	needPython(t)
	dir := t.TempDir()
	name := "needy-1.0-py3-none-any.whl"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(needyWheel(t)), 0o644); err != nil {
		t.Fatal(err)
	}
	files := func(manifest string) map[string]string {
		return map[string]string{
			"manifest.json":    manifest,
			"requirements.txt": filepath.Join(dir, name) + "\n",
			"train.py":         "import needy; print(needy.ANSWER)\n",
		}
	}
	m := newManager(t, storetest.SQLite(t), nil)
	program, err := prepare(t, m, folder(t, files(`{"noDependencies": true}`)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, program.Train, program.Env); got != "42" {
		t.Errorf("got %q", got)
	}
	if _, err := prepare(t, m, folder(t, files(`{}`)), nil); err == nil {
		t.Error("a dependency that does not exist was installed")
	}
}
