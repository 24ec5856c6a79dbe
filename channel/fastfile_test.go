package channel_test

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/channel"
)

func fastChannel(name, uri string) channel.Channel {
	return channel.Channel{Name: name, Mode: channel.FastFile, Type: channel.S3Prefix, URI: uri}
}

// needFUSE skips where the system has none, or keeps it from this user.
func needFUSE(t *testing.T) {
	t.Helper()
	if unix.Access("/dev/fuse", unix.R_OK|unix.W_OK) != nil {
		t.Skip("NOT TESTED: FastFile mode, which takes FUSE: load it (modprobe fuse) and let this user open /dev/fuse")
	}
	if _, err := exec.LookPath("fusermount3"); err != nil && os.Geteuid() != 0 {
		t.Skip("NOT TESTED: FastFile mode, for which a plain user needs fusermount3 (Debian: apt-get install fuse3), or be root")
	}
}

// All objects are files that can be listed, read from start to end, at random,
// through memory maps and by many at once, whatever they are made of
// (TrainData-2, Data-4, DescTJ-10).
func TestFastFile(t *testing.T) {
	t.Parallel()
	needFUSE(t)
	w := newWorld(t)
	want := map[string]string{
		"small": "abc", "empty": "", "dir/large": large(3<<20+17, 1), "dir/deep/small": large(20<<10, 2),
		"joined": large(5<<20, 3) + large(5<<20+1, 4) + large(100, 5),
	}
	for name, content := range want {
		if name != "joined" {
			w.put("d/"+name, content)
		}
	}
	w.parts("d/joined", want["joined"][:5<<20], want["joined"][5<<20:10<<20+1], want["joined"][10<<20+1:])
	w.put("d/dir/", "")
	w.stage(w.request("job", fastChannel("train", "s3://data/d/")))
	root := data(w.ml, "train")
	if got := tree(t, root); !maps.Equal(got, want) {
		t.Errorf("got %q", slices.Sorted(maps.Keys(got)))
	}
	var all sync.WaitGroup
	for name, content := range want {
		all.Go(func() { readAtRandom(t, filepath.Join(root, name), content) })
		all.Go(func() { readMapped(t, filepath.Join(root, name), content) })
	}
	all.Wait()
	info, err := os.Stat(filepath.Join(root, "dir"))
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o555 {
		t.Errorf("a directory is %v, %v", info, err)
	}
	if _, err := os.Stat(filepath.Join(root, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func readAtRandom(t *testing.T, path, content string) {
	f, err := os.Open(path)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		off := random.IntN(len(content) + 1)
		buf := make([]byte, random.IntN(200<<10))
		n, err := f.ReadAt(buf, int64(off))
		if want := content[off:min(off+len(buf), len(content))]; string(buf[:n]) != want || err != nil && err != io.EOF {
			t.Errorf("%s: %d bytes at %d: got %d, %v", path, len(buf), off, n, err)
			return
		}
	}
}

func readMapped(t *testing.T, path, content string) {
	f, err := os.Open(path)
	if err != nil || content == "" {
		return
	}
	defer f.Close()
	m, err := unix.Mmap(int(f.Fd()), 0, len(content), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		t.Errorf("map %s: %v", path, err)
		return
	}
	defer unix.Munmap(m)
	if string(m) != content {
		t.Errorf("%s has other bytes in a map", path)
	}
}

// Nothing can be changed: every attempt is refused with EROFS (TrainData-2).
func TestFastFileReadOnly(t *testing.T) {
	t.Parallel()
	needFUSE(t)
	w := newWorld(t)
	w.put("d/a", large(100<<10, 1))
	w.put("d/sub/b", "b")
	w.stage(w.request("job", fastChannel("train", "s3://data/d/")))
	a, x := data(w.ml, "train", "a"), data(w.ml, "train", "x")
	for name, err := range map[string]error{
		"write":    func() error { _, err := os.OpenFile(a, os.O_WRONLY, 0); return err }(),
		"append":   func() error { _, err := os.OpenFile(a, os.O_RDWR|os.O_APPEND, 0); return err }(),
		"create":   os.WriteFile(x, nil, 0o644),
		"mkdir":    os.Mkdir(x, 0o755),
		"remove":   os.Remove(a),
		"rename":   os.Rename(a, x),
		"truncate": os.Truncate(a, 0),
		"chmod":    os.Chmod(a, 0o600),
		"link":     os.Link(a, x),
		"symlink":  os.Symlink(a, x),
	} {
		if !errors.Is(err, syscall.EROFS) {
			t.Errorf("%s: %v, want EROFS", name, err)
		}
	}
}

// Hosts have shares; the objects may be overwritten and deleted meanwhile; after
// Release no mount is left and the job's directory can be removed, also while a
// program still uses it.
func TestFastFileRelease(t *testing.T) {
	t.Parallel()
	needFUSE(t)
	w := newWorld(t)
	want := map[string]string{"a": large(100<<10, 1), "b": "b", "c": "c"}
	for name, content := range want {
		w.put("d/"+name, content)
	}
	c := fastChannel("train", "s3://data/d/")
	c.Distribution = channel.ShardedByS3Key
	r := w.request("job", c)
	r.Hosts = w.hosts(2)
	w.stage(r)
	w.put("d/a", "other")
	w.delete("d/b", "d/c")
	got := map[string]string{}
	for _, h := range r.Hosts {
		part := tree(t, data(h.Dir, "train"))
		if len(part) == 0 || len(part) == 3 {
			t.Errorf("a host has %d objects", len(part))
		}
		maps.Copy(got, part)
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %q", slices.Sorted(maps.Keys(got)))
	}
	used, err := os.Open(data(w.ml, "train", "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close()
	if err := w.Release(t.Context(), "job"); err != nil {
		t.Fatal(err)
	}
	if m := mounts(t, w.home); len(m) > 0 {
		t.Errorf("still mounted: %v", m)
	}
	for _, h := range r.Hosts {
		if err := os.RemoveAll(h.Dir); err != nil {
			t.Error(err)
		}
	}
	if err := w.Release(t.Context(), "job"); err != nil {
		t.Error(err)
	}
}

// mounts are the mount points below a directory.
func mounts(t *testing.T, below string) (out []string) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); strings.HasPrefix(f[4], below+"/") {
			out = append(out, f[4])
		}
	}
	return out
}

// A prefix that ends within a name is refused (TrainData-2).
func TestFastFilePrefix(t *testing.T) {
	t.Parallel()
	needFUSE(t)
	w := newWorld(t)
	w.put("data/train/a", "a")
	for uri, ok := range map[string]bool{
		"s3://data/data/train/": true, "s3://data/data/train": true, "s3://data/data/train/a": true, "s3://data": true, "s3://data/data/tr": false,
	} {
		err := w.Stage(t.Context(), w.request("job", fastChannel("train", uri)))
		var mine *channel.Error
		if ok && err != nil || !ok && (!errors.As(err, &mine) || !strings.Contains(mine.Reason, "must name a whole folder")) {
			t.Errorf("%s: %v", uri, err)
		}
	}
}
