package tree_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/artifact/tree"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestWalkAgreesWithTheRule: of any number of random trees, Walk visits what a
// plain joining of their listings says, each path once and in order.
func TestWalkAgreesWithTheRule(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		var places []tree.Place
		want := map[string]string{} // "d", or the place of a file
		for host := range 1 + rnd.IntN(3) {
			base := t.TempDir()
			places = append(places, tree.Place{Base: base, Path: "x/y"})
			top := filepath.Join(base, "x/y")
			must(t, os.MkdirAll(top, 0o755))
			for range rnd.IntN(12) {
				path := fmt.Sprintf("%c", 'a'+rnd.IntN(3))
				for range rnd.IntN(3) {
					path += fmt.Sprintf("/%c", 'a'+rnd.IntN(3))
				}
				if os.MkdirAll(filepath.Join(top, filepath.Dir(path)), 0o755) == nil {
					_ = os.WriteFile(filepath.Join(top, path), []byte(fmt.Sprint(host)), 0o644) // or a directory is there
				}
			}
			must(t, filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
				rel, _ := filepath.Rel(top, p)
				for dir := filepath.Dir(rel); dir != "."; dir = filepath.Dir(dir) {
					if want[dir] != "d" {
						return err // an earlier host has a file there
					}
				}
				if _, taken := want[rel]; rel != "." && !taken {
					want[rel] = fmt.Sprint(host)
					if d.IsDir() {
						want[rel] = "d"
					}
				}
				return err
			}))
		}
		got := map[string]string{}
		var order []string
		must(t, tree.Walk(t.Context(), places, func(n tree.Node) error {
			order = append(order, n.Path)
			if n.Mode.IsDir() {
				got[n.Path] = "d"
				return nil
			}
			f, err := n.Open()
			if err != nil {
				return err
			}
			defer f.Close()
			content, err := io.ReadAll(f)
			if got[n.Path] = string(content); got[n.Path] != fmt.Sprint(n.Place) {
				t.Errorf("%s comes from place %d and holds %q", n.Path, n.Place, content)
			}
			return err
		}, nil))
		if fmt.Sprint(got) != fmt.Sprint(want) || len(order) != len(got) {
			t.Fatalf("seed %d: got %v, want %v", seed, got, want)
		}
		if !slices.IsSortedFunc(order, func(a, b string) int { return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/")) }) {
			t.Fatalf("seed %d: order %v", seed, order)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(base, "dir/sub"), 0o755))
	must(t, os.WriteFile(filepath.Join(base, "file"), nil, 0o644))
	must(t, os.WriteFile(filepath.Join(base, "dir/f"), []byte("content"), 0o644))
	must(t, os.Symlink("dir", filepath.Join(base, "link")))
	must(t, os.Symlink("f", filepath.Join(base, "dir/l")))
	for path, want := range map[string]error{
		"": nil, "dir": nil, "dir/sub/": nil, "/dir": nil, "file": tree.ErrReplaced, "link": tree.ErrReplaced, "link/sub": tree.ErrReplaced,
		"none": fs.ErrNotExist, "dir/none": fs.ErrNotExist,
	} {
		if err := (tree.Place{Base: base, Path: path}).Check(); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", path, err, want)
		}
	}
	for _, p := range []tree.Place{{Base: base, Path: ".."}, {Base: base, Path: "dir/../../x"}, {Base: base + "/none", Path: "x"}} {
		if err := p.Check(); err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, tree.ErrReplaced) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	p := tree.Place{Base: base, Path: "dir"}
	f, err := p.Open("f")
	must(t, err)
	defer f.Close()
	if text, err := io.ReadAll(f); string(text) != "content" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	for _, name := range []string{"l", "sub", "none", "none/f", "l/f", "../file"} {
		if f, err := p.Open(name); !errors.Is(err, tree.ErrVanished) && name != "../file" || err == nil {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
}

// TestWalkEnds when its context does, or a visit fails.
func TestWalkEnds(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	for i := range 10 {
		must(t, os.WriteFile(filepath.Join(base, fmt.Sprint(i)), nil, 0o644))
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("over")
	n := 0
	err := tree.Walk(ctx, []tree.Place{{Base: base}}, func(tree.Node) error { n++; cancel(over); return nil }, nil)
	if !errors.Is(err, over) || n != 1 {
		t.Errorf("%v after %d", err, n)
	}
	if err := tree.Walk(t.Context(), []tree.Place{{Base: base}}, func(tree.Node) error { return over }, nil); !errors.Is(err, over) {
		t.Error(err)
	}
}
