package artifact_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/sagebrush/sagebrush/artifact"
	"github.com/sagebrush/sagebrush/artifact/tree"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

const bucket = "results"

// objects is a directory store on db with a bucket.
func objects(t testing.TB, db *store.DB) blob.Store {
	t.Helper()
	s, err := dir.New(db, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.CreateBucket(t.Context(), blob.Bucket{Name: bucket, Account: "123456789012", Region: "us-east-1"}); err != nil {
		t.Fatal(err)
	}
	return s
}

// host makes a directory from paths and contents; a path that ends in a slash is
// a directory, and content that begins with "-> " a link.
func host(t testing.TB, files map[string]string) tree.Place {
	t.Helper()
	base := t.TempDir()
	for name, content := range files {
		path := filepath.Join(base, "model", name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			must(t, os.Symlink(target, path))
		} else if strings.HasSuffix(name, "/") {
			must(t, os.MkdirAll(path, 0o755))
		} else {
			must(t, os.WriteFile(path, []byte(content), 0o644))
		}
	}
	return tree.Place{Base: base, Path: "model"}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, s blob.Store, key string) []byte {
	t.Helper()
	r, info, err := s.Get(t.Context(), bucket, key, nil)
	must(t, err)
	defer r.Close()
	content, err := io.ReadAll(r)
	must(t, err)
	if int64(len(content)) != info.Size {
		t.Fatalf("%s: %d of %d bytes", key, len(content), info.Size)
	}
	return content
}

// members reads an archive: content by name, "-> target" of links, "" of
// directories. order has the names as they come.
func members(t testing.TB, archive []byte) (content map[string]string, order []string) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(archive))
	must(t, err)
	content = map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		must(t, err)
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" {
			t.Errorf("%s has an owner", h.Name)
		}
		text, err := io.ReadAll(r)
		must(t, err)
		if h.Typeflag == tar.TypeSymlink {
			text = []byte("-> " + h.Linkname)
		}
		if _, twice := content[h.Name]; twice {
			t.Errorf("%s is there twice", h.Name)
		}
		content[h.Name], order = string(text), append(order, h.Name)
	}
	return content, order
}

func archive(t testing.TB, s blob.Store, from ...tree.Place) (artifact.Summary, []byte) {
	t.Helper()
	sum, err := artifact.Archive(t.Context(), artifact.Object{Store: s, Bucket: bucket, Key: "j/output/model.tar.gz"}, from)
	must(t, err)
	return sum, get(t, s, "j/output/model.tar.gz")
}

// TestArchiveMergesHosts: TrainContainer-8, all hosts make one archive whose
// names are relative; the first host has a name that several have.
func TestArchiveMergesHosts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := objects(t, db)
		one := host(t, map[string]string{"model.bin": "one", "shared/a": "a1", "clash": "file", "dir/x": "x1"})
		two := host(t, map[string]string{"model.bin": "two", "shared/a": "a2", "shared/b": "b2", "clash/inside": "hidden", "dir": "file", "only-two": "2"})
		none := tree.Place{Base: t.TempDir(), Path: "model"}
		sum, data := archive(t, s, one, none, two)
		got, order := members(t, data)
		want := []string{"clash", "dir/", "dir/x", "model.bin", "only-two", "shared/", "shared/a", "shared/b"}
		if !slices.Equal(order, want) {
			t.Fatalf("members %q, want %q", order, want)
		}
		if got["model.bin"] != "one" || got["shared/a"] != "a1" || got["shared/b"] != "b2" || got["clash"] != "file" {
			t.Fatalf("content %q", got)
		}
		if sum != (artifact.Summary{Files: 6, Bytes: 3 + 4 + 2 + 2 + 2 + 1, Shadowed: 4}) {
			t.Fatalf("%+v", sum)
		}
	})
}

// TestArchiveHoldsWhatWasWritten: odd names, links, modes, empty directories.
func TestArchiveHoldsWhatWasWritten(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	files := map[string]string{
		"empty/": "", "zero": "", "loop": "-> .", "latest": "-> step-2/model", "out": "-> /etc/passwd", "step-2/model": "m",
		"bad\xffname": "x", "süß": "y", strings.Repeat("n", 200) + "/" + strings.Repeat("o", 200): "long", " space\nline": "z",
	}
	place := host(t, files)
	must(t, os.Chmod(filepath.Join(place.Base, "model/zero"), 0o751))
	_, data := archive(t, s, place)
	got, _ := members(t, data)
	for name, content := range files {
		if is, ok := got[name]; !ok || is != content {
			t.Errorf("%q holds %q, %v", name, is, ok)
		}
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	must(t, err)
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		must(t, err)
		if h.Name == "zero" {
			if h.Mode != 0o751 {
				t.Errorf("mode %o", h.Mode)
			}
			break
		}
	}
}

// TestSameTreeSameBytes: an upload that is repeated makes the same object.
func TestSameTreeSameBytes(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	content := make([]byte, 5<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content)
	place := host(t, map[string]string{"a": string(content), "b/c": "d", "e": "f"})
	_, first := archive(t, s, place)
	_, second := archive(t, s, place)
	if !bytes.Equal(first, second) {
		t.Fatal("the same tree makes different archives")
	}
}

// TestEmptyModel: a job that wrote no model has an archive, which is empty.
func TestEmptyModel(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	for name, place := range map[string]tree.Place{
		"empty":    host(t, map[string]string{"/": ""}),
		"missing":  {Base: t.TempDir(), Path: "model"},
		"replaced": host(t, map[string]string{"../model": "-> /etc"}),
		"a file":   host(t, map[string]string{"../model": "x"}),
	} {
		if found, err := artifact.HasContent(t.Context(), []tree.Place{place}); err != nil || found {
			t.Errorf("%s: has content: %v, %v", name, found, err)
		}
		sum, data := archive(t, s, place)
		if got, _ := members(t, data); len(got) != 0 || sum.Files != 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
	if found, err := artifact.HasContent(t.Context(), []tree.Place{host(t, map[string]string{"a": ""})}); err != nil || !found {
		t.Errorf("content is not found: %v", err)
	}
	if _, err := artifact.HasContent(t.Context(), []tree.Place{{Base: "/does/not/exist", Path: "model"}}); err == nil {
		t.Error("a missing directory of the server's is no error")
	}
}

// TestNoContentIsLeftOut: sockets and pipes are passed over and hang nobody.
func TestNoContentIsLeftOut(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	place := host(t, map[string]string{"file": "x"})
	must(t, syscall.Mkfifo(filepath.Join(place.Base, "model/pipe"), 0o644))
	socket, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(place.Base, "model/sock"))
	must(t, err)
	defer socket.Close()
	_, data := archive(t, s, place)
	if got, _ := members(t, data); len(got) != 1 || got["file"] != "x" {
		t.Fatalf("%q", got)
	}
}

// TestDeepTreesAreRefused: what would need a file descriptor for each level.
func TestDeepTreesAreRefused(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	place := host(t, map[string]string{strings.Repeat("d/", 300): ""})
	_, err := artifact.Archive(t.Context(), artifact.Object{Store: s, Bucket: bucket, Key: "k"}, []tree.Place{place})
	var unfit *tree.UnfitError
	if !errors.As(err, &unfit) {
		t.Fatalf("%v", err)
	}
	if _, err := s.Head(t.Context(), bucket, "k"); !errors.Is(err, blob.ErrNoSuchKey) {
		t.Fatalf("a half archive is there: %v", err)
	}
}

// TestFiles: TrainContainer-9, plain files under their names; no links.
func TestFiles(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := objects(t, db)
		one := map[string]string{"link": "-> a", "empty/": "", "a": "1"}
		for i := range 300 {
			one[fmt.Sprintf("many/%03d", i)] = fmt.Sprint(i)
		}
		to := artifact.Object{Store: s, Bucket: bucket, Key: "j/output/model/"}
		sum, err := artifact.Files(t.Context(), to, []tree.Place{host(t, one), host(t, map[string]string{"a": "2", "b": "3"})})
		must(t, err)
		page, err := s.List(t.Context(), bucket, blob.ListOptions{Max: 1000})
		must(t, err)
		if len(page.Objects) != 302 || sum.Files != 302 || sum.Shadowed != 1 {
			t.Fatalf("%d objects, %+v", len(page.Objects), sum)
		}
		for key, want := range map[string]string{"a": "1", "b": "3", "many/007": "7"} {
			if got := string(get(t, s, "j/output/model/"+key)); got != want {
				t.Errorf("%s: %q", key, got)
			}
		}
	})
}

func TestNamesThatAreNoKeys(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	long := strings.Repeat(strings.Repeat("n", 250)+"/", 4) + "more"
	for _, name := range []string{"bad\xff", long + strings.Repeat("x", 20)} {
		_, err := artifact.Files(t.Context(), artifact.Object{Store: s, Bucket: bucket, Key: "p"}, []tree.Place{host(t, map[string]string{name: "x"})})
		var unfit *tree.UnfitError
		if !errors.As(err, &unfit) || unfit.Path != name {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestStoreFails: the cause is answered, and the compression ends.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	content := make([]byte, 40<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content)
	place := host(t, map[string]string{"a": string(content)})
	for name, upload := range map[string]func(context.Context, artifact.Object, []tree.Place) (artifact.Summary, error){"archive": artifact.Archive, "files": artifact.Files} {
		_, err := upload(t.Context(), artifact.Object{Store: s, Bucket: "nowhere", Key: "k"}, []tree.Place{place})
		if !errors.Is(err, blob.ErrNoSuchBucket) {
			t.Errorf("%s: %v", name, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := upload(ctx, artifact.Object{Store: s, Bucket: bucket, Key: "k"}, []tree.Place{place}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s after its context ended: %v", name, err)
		}
	}
	left, err := s.ListUploads(t.Context(), bucket, blob.UploadListOptions{ListOptions: blob.ListOptions{Max: 10}})
	if err != nil || len(left.Uploads) != 0 {
		t.Fatalf("uploads are left: %+v, %v", left, err)
	}
}
