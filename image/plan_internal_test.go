package image

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Requirements may name further files: a change there makes another environment.
func TestRequirementsText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string // substrings of the text; none means an error
	}{
		{"alone", map[string]string{"requirements.txt": "a==1\n"}, []string{"a==1"}},
		{"more", map[string]string{"requirements.txt": "-r more/b.txt\n-c limits.txt", "more/b.txt": "b==1\n-r c.txt\n", "more/c.txt": "c==1\n", "limits.txt": "d<2\n"},
			[]string{"b==1", "c==1", "d<2"}},
		{"in a circle", map[string]string{"requirements.txt": "-r b.txt\n", "b.txt": "--requirement requirements.txt\nb==1\n"}, []string{"b==1"}},
		{"from the network", map[string]string{"requirements.txt": "-r https://example.com/r.txt\n"}, []string{"https://example.com/r.txt"}},
		{"absent", map[string]string{"requirements.txt": "-r b.txt\n"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, text := range c.files {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			text, err := requirementsText(dir, "requirements.txt")
			if (err != nil) != (c.want == nil) {
				t.Fatalf("got %v", err)
			}
			for _, want := range c.want {
				if strings.Count(text, want) != 1 {
					t.Errorf("%q does not hold %q once", text, want)
				}
			}
		})
	}
}
