package modeldata_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/sagebrush/sagebrush/artifact/modeldata"
	"github.com/sagebrush/sagebrush/blob"
)

func cache(t *testing.T, s blob.Store, dir string, most int64) *modeldata.Cache {
	t.Helper()
	c, err := modeldata.NewCache(modeldata.CacheConfig{Objects: s, Dir: dir, MaxBytes: most})
	must(t, err)
	return c
}

func inode(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	return info
}

// Replicas of one machine share the files of what was brought once, also after
// the server was started again; another content of the key is another entry; a
// limit of one's own holds.
func TestCache(t *testing.T) {
	t.Parallel()
	s := objects(t)
	put(t, s, "m.tar.gz", archive(t, member{name: "d/f", content: "one"}, member{name: "l", link: "d/f", kind: '2'}))
	r := request("s3://models/m.tar.gz", gzipped)
	base := t.TempDir()
	c := cache(t, s, filepath.Join(base, "cache"), 0)
	var g errgroup.Group
	for i := range 8 {
		g.Go(func() error { return c.Provide(t.Context(), r, filepath.Join(base, fmt.Sprint("replica-", i))) })
	}
	must(t, g.Wait())
	want := map[string]string{"d/": "", "d/f": "one", "l": "->d/f"}
	first := inode(t, filepath.Join(base, "replica-0", "d/f"))
	for i := range 8 {
		replica := filepath.Join(base, fmt.Sprint("replica-", i))
		same(t, replica, want)
		if !os.SameFile(first, inode(t, filepath.Join(replica, "d/f"))) {
			t.Errorf("replica %d has a copy", i)
		}
	}
	c = cache(t, s, filepath.Join(base, "cache"), 0)
	must(t, c.Provide(t.Context(), r, filepath.Join(base, "again")))
	if !os.SameFile(first, inode(t, filepath.Join(base, "again", "d/f"))) {
		t.Error("it was brought again after a start of the server")
	}
	refused(t, c.Provide(t.Context(), request("s3://models/m.tar.gz", gzipped, func(r *modeldata.Request) { r.Limit = 2 }), filepath.Join(base, "small")), "the 2 bytes")
	put(t, s, "m.tar.gz", archive(t, member{name: "d/f", content: "two"}))
	must(t, c.Provide(t.Context(), r, filepath.Join(base, "newer")))
	same(t, filepath.Join(base, "newer"), map[string]string{"d/": "", "d/f": "two"})
	same(t, filepath.Join(base, "replica-0"), want)
	refused(t, c.Provide(t.Context(), request("s3://models/m.tar.gz", gzipped, func(r *modeldata.Request) { r.Account = "210987654321" }), filepath.Join(base, "strange")), "not yours")
}

// What was not wanted for the longest time goes first; those who use it keep it.
func TestCacheTrims(t *testing.T) {
	t.Parallel()
	s := objects(t)
	base := t.TempDir()
	c := cache(t, s, filepath.Join(base, "cache"), 250)
	provide := func(key, as string) string {
		dir := filepath.Join(base, as)
		must(t, c.Provide(t.Context(), request("s3://models/"+key), dir))
		return filepath.Join(dir, key)
	}
	for _, key := range []string{"a", "b", "c"} {
		put(t, s, key, []byte(strings.Repeat(key, 100)))
	}
	a, b := provide("a", "a1"), provide("b", "b1")
	if !os.SameFile(inode(t, a), inode(t, provide("a", "a2"))) {
		t.Error("a was brought twice")
	}
	provide("c", "c1") // b must go
	if !os.SameFile(inode(t, a), inode(t, provide("a", "a3"))) {
		t.Error("a, which was wanted last, is gone")
	}
	if os.SameFile(inode(t, b), inode(t, provide("b", "b2"))) {
		t.Error("b is still there")
	}
	if text, err := os.ReadFile(b); err != nil || string(text) != strings.Repeat("b", 100) {
		t.Errorf("who used b lost it: %v", err)
	}
}

// Under a limit that has no room for two, many who want many things at once all
// get what they want.
func TestCacheUnderPressure(t *testing.T) {
	t.Parallel()
	s := objects(t)
	base := t.TempDir()
	c := cache(t, s, filepath.Join(base, "cache"), 1)
	for i := range 4 {
		put(t, s, fmt.Sprint(i), []byte(strings.Repeat(fmt.Sprint(i), 100)))
	}
	var g errgroup.Group
	for i := range 64 {
		g.Go(func() error {
			dir := filepath.Join(base, fmt.Sprint("r", i))
			if err := c.Provide(t.Context(), request(fmt.Sprintf("s3://models/%d", i%4)), dir); err != nil {
				return err
			}
			text, err := os.ReadFile(filepath.Join(dir, fmt.Sprint(i%4)))
			if err == nil && string(text) != strings.Repeat(fmt.Sprint(i%4), 100) {
				err = fmt.Errorf("%q", text)
			}
			return err
		})
	}
	must(t, g.Wait())
}
