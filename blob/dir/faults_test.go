package dir_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// contentFiles are the content files below a store's directory.
func contentFiles(t testing.TB, path string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(path, "content"), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// wantFiles waits until there are n content files: they are removed a moment
// after the answer.
func wantFiles(t *testing.T, path string, n int, what string) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for len(contentFiles(t, path)) != n {
		if time.Now().After(deadline) {
			t.Fatalf("%s: %d content files, want %d", what, len(contentFiles(t, path)), n)
		}
		runtime.Gosched()
	}
}

func put(t testing.TB, s *dir.Store, key string, size int) {
	t.Helper()
	if _, err := s.Put(t.Context(), "b", key, bytes.NewReader(make([]byte, size)), blob.PutOptions{Size: int64(size)}); err != nil {
		t.Fatal(err)
	}
}

func makeBucket(t testing.TB, s *dir.Store) {
	t.Helper()
	if err := s.CreateBucket(t.Context(), blob.Bucket{Name: "b", Account: "1", Region: "us-east-1"}); err != nil {
		t.Fatal(err)
	}
}

// TestNothingLeftBehind: content files exist exactly for what the index names.
func TestNothingLeftBehind(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, path := open(t, db)
		makeBucket(t, s)
		ctx := t.Context()
		const big = dir.InlineLimit + 1
		put(t, s, "small", 10)
		wantFiles(t, path, 0, "a small object")
		put(t, s, "k", big)
		put(t, s, "k", big) // overwritten
		wantFiles(t, path, 1, "overwritten")
		if _, err := s.Copy(ctx, "b", "k", "b", "copy", blob.PutOptions{}, false, false); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, path, 1, "copied")
		if err := s.Delete(ctx, "b", "k"); err != nil {
			t.Fatal(err)
		}
		if rc, _, err := s.Get(ctx, "b", "copy", nil); err != nil {
			t.Fatalf("the copy's content is gone: %v", err)
		} else {
			rc.Close()
		}
		put(t, s, "copy", 10)
		// Failed uploads, of every kind.
		broken := io.MultiReader(bytes.NewReader(make([]byte, big)), iotest.ErrReader(errors.New("cut")))
		for _, o := range []struct {
			body io.Reader
			o    blob.PutOptions
		}{
			{broken, blob.PutOptions{Size: -1}},
			{bytes.NewReader(make([]byte, big)), blob.PutOptions{Size: big + 1}},
			{bytes.NewReader(make([]byte, big)), blob.PutOptions{Size: big, MD5: make([]byte, 16)}},
			{bytes.NewReader(make([]byte, big)), blob.PutOptions{Size: big, IfMatch: "x"}},
		} {
			if _, err := s.Put(ctx, "b", "k", o.body, o.o); err == nil {
				t.Error("a bad upload succeeded")
			}
		}
		u, err := s.CreateUpload(ctx, "b", "m", blob.PutOptions{}, "", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1, 1, 2} {
			if _, err := s.PutPart(ctx, "b", "m", u.ID, n, strings.NewReader("part"), blob.PutOptions{Size: 4}); err != nil {
				t.Fatal(err)
			}
		}
		wantFiles(t, path, 2, "two parts")
		if err := s.Delete(ctx, "b", "small", "copy"); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteBucket(ctx, "b"); err != nil { // takes the upload along
			t.Fatal(err)
		}
		wantFiles(t, path, 0, "all deleted")
	})
}

// TestSweep: the next start removes what a crash left and nothing else; a second
// server in the same directory leaves young files alone.
func TestSweep(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		path := t.TempDir()
		first, err := dir.New(db, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		makeBucket(t, first)
		for i := range 20 {
			put(t, first, fmt.Sprint(i), dir.InlineLimit+1)
		}
		orphan := filepath.Join(path, "content", "ab", "ab"+strings.Repeat("0", 30))
		if err := os.MkdirAll(filepath.Dir(orphan), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(orphan, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		second, err := dir.New(db, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		<-second.Swept()
		if _, err := os.Stat(orphan); err != nil {
			t.Fatal("a server that shares the directory removed a young file")
		}
		if err := errors.Join(first.Close(), second.Close()); err != nil {
			t.Fatal(err)
		}
		third, err := dir.New(db, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer third.Close()
		<-third.Swept()
		if _, err := os.Stat(orphan); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the orphan is still there: %v", err)
		}
		if n := len(contentFiles(t, path)); n != 20 {
			t.Errorf("%d of 20 files are left", n)
		}
	})
}

// TestOverwriteWhileReading: readers always get one whole version, whatever
// writers do meanwhile.
func TestOverwriteWhileReading(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, path := open(t, db)
		makeBucket(t, s)
		ctx := t.Context()
		sizes := []int{100, dir.InlineLimit + 1, dir.InlineLimit + 4096}
		write := func(v int) error {
			_, err := s.Put(ctx, "b", "k", bytes.NewReader(bytes.Repeat([]byte{byte(v)}, sizes[v%3])), blob.PutOptions{Size: -1})
			return err
		}
		if err := write(0); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for w := range 3 {
			wg.Go(func() {
				for i := range 30 {
					if err := write(w + 3*i); err != nil {
						t.Errorf("write: %v", err)
					}
				}
			})
			wg.Go(func() {
				for range 60 {
					rc, i, err := s.Get(ctx, "b", "k", nil)
					if err != nil {
						t.Errorf("get: %v", err)
						return
					}
					b, err := io.ReadAll(rc)
					rc.Close()
					if err != nil || int64(len(b)) != i.Size || bytes.Count(b, b[:1]) != len(b) {
						t.Errorf("a mixed version: %d of %d bytes, %v", len(b), i.Size, err)
					}
				}
			})
		}
		wg.Wait()
		if err := s.Delete(ctx, "b", "k"); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, path, 0, "deleted in the end")
	})
}
