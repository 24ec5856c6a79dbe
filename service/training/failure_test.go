package training

import (
	"os"
	"path/filepath"
	"testing"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TrainContainer-7: the reason is what the program wrote to the failure file, and
// only a regular file is read.
func TestReadFailure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "failure"), "  no such column \xff\n")
	if got := readFailure(filepath.Join(dir, "failure")); got != "no such column \uFFFD" {
		t.Errorf("%q", got)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"link", "missing", "."} {
		if got := readFailure(filepath.Join(dir, name)); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TrainContainer-13: expressions are of Python's dialect, look-around included;
// group 1 is the value.
func TestCompileMetric(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ expr, line, want string }{
		{`loss=(.*?);`, "epoch=1 loss=0.25; acc=0.9", "0.25"},
		{`(?<=acc=)([0-9.]+)`, "epoch=1 loss=0.25; acc=0.9", "0.9"},
		{`.*\[[0-9]+\].*#011validation-auc:([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*`, "[3]#011train-auc:0.9#011validation-auc:0.875", "0.875"},
		{`(?P<v>\d+)`, "x 12", "12"},
	} {
		m, err := compileMetric(c.expr)
		if err != nil {
			t.Errorf("%s: %v", c.expr, err)
			continue
		}
		if got, ok := m(c.line); !ok || got != c.want {
			t.Errorf("%s in %q = %q, %v", c.expr, c.line, got, ok)
		}
	}
	if _, err := compileMetric("("); err == nil {
		t.Error("an unbalanced group compiled")
	}
}
