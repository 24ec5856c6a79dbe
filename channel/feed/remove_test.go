//go:build linux

package feed

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// The kernel's list of mounts is read as it writes it, blanks and all.
func TestMountPoint(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][2]string{
		`36 35 98:0 / /a\040b\134c rw,noatime master:1 shared:2 - fuse.sagebrush sagebrush-1-2 rw,user_id=0`: {`/a b\c`, "sagebrush-1-2"},
		`36 35 98:0 / /a ro - fuse.sagebrush sagebrush-1-2 ro`:                                               {"/a", "sagebrush-1-2"},
		`36 35 98:0 / /a ro - fuse.sagebrush`:                                                                {},
		`nonsense`:                                                                                           {},
		``:                                                                                                   {},
	} {
		point, source, ok := mountPoint(line)
		if point != want[0] || source != want[1] || ok != (want[0] != "") {
			t.Errorf("%q: %q, %q, %v", line, point, source, ok)
		}
	}
	if got := unescape(`\x\04`); got != `\x\04` {
		t.Errorf("%q", got)
	}
}

// Only pipes of the channel are removed: nothing else that a program may have put
// beside them, whatever its name.
func TestRemovePipes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"train_0", "train_17", "train_x", "train_", "other_0", "train_1_0"} {
		if err := unix.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "train_2"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	removePipes(dir, "train")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{"other_0", "train_", "train_1_0", "train_2", "train_x"}; !slices.Equal(left, want) {
		t.Errorf("left %v, want %v", left, want)
	}
}

// Only the server starts a feeder: by hand it refuses.
func TestMainByHand(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {t.TempDir()}, {"/none"}, {"a", "b"}} {
		if code := Main(args); code != 2 {
			t.Errorf("%q: exit code %d", args, code)
		}
	}
}

// A directory's names are those of the items, each file where its name says, each
// with a number of its own.
func TestPlant(t *testing.T) {
	t.Parallel()
	items := []Item{{Name: "a", Contents: make([]Content, 1)}, {Name: "b/c/d", Contents: make([]Content, 1)}, {Name: "b/e", Contents: make([]Content, 1)}, {Name: "unchosen", Contents: make([]Content, 1)}}
	root := plant(items, []int{0, 1, 2})
	numbers := map[uint64]bool{root.ino: true}
	var walk func(t *tree, path string) []string
	walk = func(at *tree, path string) (names []string) {
		for _, name := range at.order {
			e := at.entries[name]
			if numbers[e.ino] {
				t.Errorf("%s/%s: the number %d is another's", path, name, e.ino)
			}
			numbers[e.ino] = true
			if e.dir != nil {
				names = append(names, walk(e.dir, path+name+"/")...)
			} else {
				names = append(names, path+name)
			}
		}
		return names
	}
	if got, want := walk(root, ""), []string{"a", "b/c/d", "b/e"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
