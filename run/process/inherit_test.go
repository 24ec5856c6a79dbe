//go:build linux

package process_test

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/run/process"
)

// TestInheritsNoFiles: a program has its three files and no other, whatever the
// server was started with.
func TestInheritsNoFiles(t *testing.T) {
	t.Parallel()
	fd, err := unix.Open("/etc/hosts", unix.O_RDONLY, 0) // not to be closed on exec
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	with, err := process.New(t.TempDir(), self, nil)
	if err != nil {
		t.Fatal(err)
	}
	without, err := process.New(t.TempDir(), self, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*process.Runner{"with namespaces": with, "without": without.WithoutNamespaces()} {
		s := script(t, name, "echo $(ls /proc/self/fd)")
		p, err := r.Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if e, err := p.Wait(t.Context()); err != nil || !e.OK() {
			t.Errorf("%+v, %v", e, err)
		}
		if got := messages(t, s.Log); !slices.Equal(got, []string{"0 1 2 3"}) { // ls itself has 3
			t.Errorf("%s: it has %q", name, got)
		}
	}
}
