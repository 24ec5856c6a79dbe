package artifact_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sagebrush/sagebrush/artifact"
	"github.com/sagebrush/sagebrush/artifact/tree"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// hooked is a store that calls hook once, when the first byte of a body was read.
type hooked struct {
	blob.Store
	hook func()
}

type hookedReader struct {
	io.Reader
	once sync.Once
	hook func()
}

func (r *hookedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.once.Do(r.hook)
	return n, err
}

func (h hooked) Put(ctx context.Context, bucket, key string, body io.Reader, o blob.PutOptions) (blob.Info, error) {
	return h.Store.Put(ctx, bucket, key, &hookedReader{Reader: body, hook: h.hook}, o)
}

func (h hooked) CreateUpload(ctx context.Context, bucket, key string, o blob.PutOptions, a, b string) (blob.Upload, error) {
	h.hook() // the head has been read
	return h.Store.CreateUpload(ctx, bucket, key, o, a, b)
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

// TestFileChangesWhileRead: what grows is taken as it was, what shrinks is an
// error that leaves nothing behind, what vanishes was open already.
func TestFileChangesWhileRead(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	content := randomBytes(60 << 20) // more than is read ahead
	for name, c := range map[string]struct {
		change func(path string) error
		fails  bool
	}{
		"grows": {func(path string) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = f.Write(content)
				f.Close()
			}
			return err
		}, false},
		"shrinks":  {func(path string) error { return os.Truncate(path, 1000) }, true},
		"vanishes": {os.Remove, false},
	} {
		place := host(t, map[string]string{"big": string(content), "z": "end"})
		path := filepath.Join(place.Base, "model/big")
		store := hooked{s, func() { must(t, c.change(path)) }}
		_, err := artifact.Archive(t.Context(), artifact.Object{Store: store, Bucket: bucket, Key: name}, []tree.Place{place})
		if errors.Is(err, artifact.ErrChanged) != c.fails || !c.fails && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.fails {
			if _, err := s.Head(t.Context(), bucket, name); !errors.Is(err, blob.ErrNoSuchKey) {
				t.Errorf("%s: the object is there: %v", name, err)
			}
		} else if got, _ := members(t, get(t, s, name)); got["big"] != string(content) || got["z"] != "end" {
			t.Errorf("%s: %d bytes", name, len(got["big"]))
		}
	}
	left, err := s.ListUploads(t.Context(), bucket, blob.UploadListOptions{ListOptions: blob.ListOptions{Max: 10}})
	if err != nil || len(left.Uploads) != 0 {
		t.Fatalf("uploads are left: %+v, %v", left, err)
	}
}

// TestPlainFileShrinks: the same without an archive.
func TestPlainFileShrinks(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	place := host(t, map[string]string{"big": string(randomBytes(20 << 20))})
	store := hooked{s, func() { must(t, os.Truncate(filepath.Join(place.Base, "model/big"), 1<<20)) }}
	_, err := artifact.Files(t.Context(), artifact.Object{Store: store, Bucket: bucket, Key: "p"}, []tree.Place{place})
	if !errors.Is(err, artifact.ErrChanged) {
		t.Fatal(err)
	}
	if _, err := s.Head(t.Context(), bucket, "p/big"); !errors.Is(err, blob.ErrNoSuchKey) {
		t.Fatalf("the object is there: %v", err)
	}
}

// TestSwitchingTreeLeaksNothing: while a program swaps directories and files for
// links that lead out, and back, no archive holds what is outside.
func TestSwitchingTreeLeaksNothing(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	outside := t.TempDir()
	const secret = "nobody's result"
	must(t, os.WriteFile(filepath.Join(outside, "a"), []byte(secret), 0o644))
	place := host(t, map[string]string{"d/a": "mine", "d/b": "mine"})
	top := filepath.Join(place.Base, "model")
	ctx, cancel := context.WithCancel(t.Context())
	var switching sync.WaitGroup
	switching.Go(func() {
		for ctx.Err() == nil {
			for _, step := range []error{
				os.Rename(top+"/d", top+"/was"), os.Symlink(outside, top+"/d"), os.Remove(top + "/d"), os.Rename(top+"/was", top+"/d"),
				os.Remove(top + "/d/a"), os.Symlink(filepath.Join(outside, "a"), top+"/d/a"), os.Remove(top + "/d/a"), os.WriteFile(top+"/d/a", []byte("mine"), 0o644),
				os.Rename(top, top+"2"), os.Symlink(outside, top), os.Remove(top), os.Rename(top+"2", top),
			} {
				if step != nil {
					t.Error(step)
					return
				}
			}
		}
	})
	defer switching.Wait()
	defer cancel()
	whole := 0
	for i := range 100 {
		key := fmt.Sprint(i)
		if _, err := artifact.Archive(t.Context(), artifact.Object{Store: s, Bucket: bucket, Key: key}, []tree.Place{place}); errors.Is(err, artifact.ErrChanged) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		got, _ := members(t, get(t, s, key))
		for name, content := range got {
			if strings.Contains(content, secret) {
				t.Fatalf("%s holds what is outside", name)
			}
		}
		if got["d/b"] == "mine" {
			whole++
		}
	}
	if whole == 0 {
		t.Error("no archive had the files")
	}
}

// TestSparseFile: holes are zeros, and cost little in the archive.
func TestSparseFile(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	place := host(t, map[string]string{"sparse": "begin"})
	const size = 40 << 20
	must(t, os.Truncate(filepath.Join(place.Base, "model/sparse"), size))
	sum, data := archive(t, s, place)
	if sum.Bytes != size || len(data) > size/100 {
		t.Fatalf("%+v in %d bytes", sum, len(data))
	}
	// As a plain file that is larger than one part it goes in several.
	to := artifact.Object{Store: s, Bucket: bucket, Key: "p"}.WithParts(8 << 20)
	_, err := artifact.Files(t.Context(), to, []tree.Place{place})
	must(t, err)
	got := get(t, s, "p/sparse")
	info, err := s.Head(t.Context(), bucket, "p/sparse")
	if err != nil || len(got) != size || string(got[:6]) != "begin\x00" || !strings.HasSuffix(info.ETag, "-5") {
		t.Fatalf("%+v, %d bytes, %v", info, len(got), err)
	}
}

// TestSendAgreesWithItsInput: whatever the size, announced or not, the object is
// the content; around the sizes where the way changes.
func TestSendAgreesWithItsInput(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	content := randomBytes(20 << 20)
	for _, size := range []int{0, 1, 32 << 10, 8<<20 - 1, 8 << 20, 8<<20 + 1, 20 << 20} {
		for _, announced := range []int64{-1, int64(size)} {
			o := artifact.Object{Store: s, Bucket: bucket, Key: "k"}.WithParts(8 << 20)
			etag, err := o.Send(t.Context(), bytes.NewReader(content[:size]), announced)
			must(t, err)
			if !bytes.Equal(get(t, s, "k"), content[:size]) {
				t.Errorf("%d bytes, announced %d: another content", size, announced)
			}
			if info, err := s.Head(t.Context(), bucket, "k"); err != nil || info.ETag != etag {
				t.Errorf("%d bytes: ETag %s, %s, %v", size, etag, info.ETag, err)
			}
		}
	}
	o := artifact.Object{Store: s, Bucket: bucket, Key: "short"}
	if _, err := o.Send(t.Context(), bytes.NewReader(content[:10]), 11); !errors.Is(err, blob.ErrIncomplete) {
		t.Errorf("too short: %v", err)
	}
	if _, err := (artifact.Object{Store: s, Bucket: bucket}).Send(t.Context(), nil, 0); !errors.Is(err, blob.ErrInvalidKey) {
		t.Errorf("no key: %v", err)
	}
}

// FuzzNames: any file name comes back from an archive as it was.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"a", "\xff", "süß", strings.Repeat("x", 255), "a\nb", " ", "-", "PaxHeaders.0"} {
		f.Add(name)
	}
	s := objects(f, storetest.SQLite(f))
	f.Fuzz(func(t *testing.T, name string) {
		if name == "." || name == ".." || strings.ContainsAny(name, "/\x00") || len(name) > 255 || name == "" {
			return // no file can have the name
		}
		place := host(t, map[string]string{name: "content"})
		_, data := archive(t, s, place)
		if got, _ := members(t, data); len(got) != 1 || got[name] != "content" {
			t.Fatalf("%q became %q", name, got)
		}
	})
}

// TestManyFiles: a tree of many small files, in several levels.
func TestManyFiles(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	files := map[string]string{}
	for i := range 2000 {
		files[fmt.Sprintf("%d/%d/%d", i%7, i%50, i)] = fmt.Sprint("content ", i)
	}
	sum, data := archive(t, s, host(t, files))
	got, _ := members(t, data)
	if sum.Files != len(files) {
		t.Errorf("%+v", sum)
	}
	for name, content := range files {
		if got[name] != content {
			t.Fatalf("%s: %q", name, got[name])
		}
	}
}
