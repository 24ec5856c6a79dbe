package process_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/sagebrush/sagebrush/run/process"
)

// A program finds the server's directory empty, but for what it needs of it, and
// can neither write to it nor look behind; the supervisor still records its end
// there, and its output.
func TestHide(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: hidden directories, which take private mounts: be root with CAP_SYS_ADMIN, or allow unprivileged user namespaces")
	}
	data := t.TempDir()
	for name, text := range map[string]string{"credentials": "secret", "cache/env/python": "kept"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(data, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(data, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r, err := process.New(filepath.Join(data, "run"), self, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Hide(process.Hidden{Dir: data, Keep: []string{filepath.Join(data, "cache")}})
	s := script(t, "hidden", `ls "$DATA"; cat "$DATA/cache/env/python"; echo
touch "$DATA/x" 2>/dev/null && echo written
umount "$DATA" 2>/dev/null && echo unmounted
cat "$DATA/credentials" 2>/dev/null
true`)
	s.Env["DATA"] = data
	p, err := r.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := p.Wait(t.Context()); err != nil || !e.OK() {
		t.Fatalf("%+v, %v", e, err)
	}
	if got, want := messages(t, s.Log), []string{"cache", "kept"}; !slices.Equal(got, want) {
		t.Errorf("the program saw %q, want %q", got, want)
	}
	if err := r.Remove(t.Context(), p.Handle()); err != nil {
		t.Error(err)
	}
}
