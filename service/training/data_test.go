package training

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TrainData-6: S3Prefix is a string prefix; the path is the key minus it.
func TestLocalName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ key, prefix, want string }{
		{"data/train/a.csv", "data/train/", "a.csv"},
		{"data/train/a.csv", "data/train", "a.csv"},
		{"data/train/deep/a.csv", "data/train", "deep/a.csv"},
		{"data/train/a.csv", "data/train/a.csv", "a.csv"},
		{"data/train/", "data/train/", ""},
		{"data/train/sub/", "data/train/", ""},
		{"a.csv", "", "a.csv"},
	} {
		if got := localName(c.key, c.prefix); got != c.want {
			t.Errorf("localName(%q, %q) = %q, want %q", c.key, c.prefix, got, c.want)
		}
	}
}

// TrainContainer-8: members are relative to the directory; links are kept as
// links, so nothing outside the directory gets into an archive; sockets are left out.
func TestArchive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "model.bin"), "weights")
	write(t, filepath.Join(dir, "code", "inference.py"), "x")
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var buf bytes.Buffer
	if err := archive(&buf, dir); err != nil {
		t.Fatal(err)
	}
	gz, err := gzip.NewReader(&buf)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for in := tar.NewReader(gz); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
		if h.Name == "link" && (h.Typeflag != tar.TypeSymlink || h.Size != 0) {
			t.Errorf("the link was followed: %+v", h)
		}
		if content, _ := io.ReadAll(in); h.Name == "model.bin" && string(content) != "weights" {
			t.Errorf("model.bin holds %q", content)
		}
	}
	slices.Sort(names)
	if want := []string{"code/", "code/inference.py", "link", "model.bin"}; !slices.Equal(names, want) {
		t.Errorf("members %q, want %q", names, want)
	}
}

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
