package modeldata_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/artifact/modeldata"
	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/store/storetest"
)

var home = aws.Scope{Account: "123456789012", Region: "us-east-1"}

// objects is a store of the directory backend with a bucket "models".
func objects(t testing.TB) *dir.Store {
	t.Helper()
	s, err := dir.New(storetest.SQLite(t), t.TempDir(), nil)
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	must(t, s.CreateBucket(t.Context(), blob.Bucket{Name: "models", Account: home.Account, Region: home.Region}))
	return s
}

// foreign is a store that knows no local files, as an external S3.
type foreign struct{ blob.Store }

func put(t testing.TB, s blob.Store, key string, content []byte) {
	t.Helper()
	_, err := s.Put(t.Context(), "models", key, bytes.NewReader(content), blob.PutOptions{Size: int64(len(content))})
	must(t, err)
}

func request(uri string, change ...func(*modeldata.Request)) modeldata.Request {
	r := modeldata.Request{Source: modeldata.Source{URI: uri}, Account: home.Account, Region: home.Region}
	for _, c := range change {
		c(&r)
	}
	return r
}

func gzipped(r *modeldata.Request)  { r.Gzip = true }
func prefixed(r *modeldata.Request) { r.Prefix = true }

// member is one member of an archive; a name that ends in a slash is a directory.
type member struct {
	name, content string
	link          string
	kind          byte
	mode          int64
}

// archive is a tar.gz.
func archive(t testing.TB, members ...member) []byte {
	t.Helper()
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	w := tar.NewWriter(packed)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Size: int64(len(m.content)), Linkname: m.link, Typeflag: m.kind, Mode: m.mode, ModTime: time.Unix(1700000000, 0)}
		if m.kind == 0 && strings.HasSuffix(m.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		must(t, w.WriteHeader(h))
		_, err := io.WriteString(w, m.content)
		must(t, err)
	}
	must(t, errors.Join(w.Close(), packed.Close()))
	return out.Bytes()
}

// tree is what lies below a directory: contents by path, links with "->".
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		switch {
		case err != nil:
		case e.IsDir():
			found[rel+"/"] = ""
		case e.Type()&fs.ModeSymlink != 0:
			target, _ := os.Readlink(path)
			found[rel] = "->" + target
		default:
			var content []byte
			content, err = os.ReadFile(path)
			found[rel] = string(content)
		}
		return err
	}))
	return found
}

func same(t testing.TB, dir string, want map[string]string) {
	t.Helper()
	if got := tree(t, dir); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s holds %q, want %q", dir, got, want)
	}
}

// nothing sees that nothing was left of a directory that could not be made.
func nothing(t testing.TB, dir string) {
	t.Helper()
	for _, path := range []string{dir, dir + ".part"} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", path, err)
		}
	}
}

// refused sees that the owner of the data is told why.
func refused(t testing.TB, err error, want string) {
	t.Helper()
	var mine *modeldata.Error
	if !errors.As(err, &mine) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want an Error with %q", err, want)
	}
}

// Host-2, DescModel-5, -6: every form of model data, from this machine's store and
// from another.
func TestDownload(t *testing.T) {
	t.Parallel()
	own := objects(t)
	large := strings.Repeat("0123456789abcdef", 1<<18) // 4 MiB
	put(t, own, "m.tar.gz", archive(t, member{name: "code/"}, member{name: "./code/run.sh", content: "#!", mode: 0o700}, member{name: "weights", content: large}))
	put(t, own, "empty.tar.gz", archive(t))
	put(t, own, "dir/model.bin", []byte(large))
	put(t, own, "tree/a", []byte("A"))
	put(t, own, "tree/b/c", []byte(large))
	put(t, own, "tree/b/empty", nil)
	for kind, store := range map[string]blob.Store{"local": own, "foreign": foreign{own}} {
		for name, c := range map[string]struct {
			r    modeldata.Request
			want map[string]string
		}{
			"archive": {request("s3://models/m.tar.gz", gzipped), map[string]string{"code/": "", "code/run.sh": "#!", "weights": large}},
			"empty":   {request("s3://models/empty.tar.gz", gzipped), map[string]string{}},
			"object":  {request("s3://models/dir/model.bin"), map[string]string{"model.bin": large}},
			"raw":     {request("s3://models/empty.tar.gz"), map[string]string{"empty.tar.gz": string(archive(t))}},
			"prefix":  {request("s3://models/tree/", prefixed), map[string]string{"a": "A", "b/": "", "b/c": large, "b/empty": ""}},
		} {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "model")
				must(t, modeldata.Download(t.Context(), store, c.r, dir))
				same(t, dir, c.want)
				if name == "archive" {
					if info, err := os.Stat(filepath.Join(dir, "code/run.sh")); err != nil || info.Mode().Perm() != 0o755 || info.ModTime().Unix() != 1700000000 {
						t.Errorf("run.sh: %v, %v", info, err)
					}
				}
			})
		}
	}
}

// Data that is not there, is somebody else's, is too large or is no archive is
// refused with a sentence, and leaves nothing.
func TestDownloadRefuses(t *testing.T) {
	t.Parallel()
	s := objects(t)
	whole := archive(t, member{name: "weights", content: strings.Repeat("x", 5000)})
	put(t, s, "m.tar.gz", whole)
	put(t, s, "truncated.tar.gz", whole[:len(whole)-9])
	put(t, s, "text.tar.gz", []byte("this is no archive"))
	put(t, s, "nil.tar.gz", nil)
	put(t, s, "folder/", nil)
	put(t, s, "clash/weights", []byte("a"))
	put(t, s, "clash/weights/part1", []byte("b"))
	var text bytes.Buffer
	w := gzip.NewWriter(&text)
	_, _ = io.WriteString(w, strings.Repeat("gzip, but no tar\n", 100))
	must(t, w.Close())
	put(t, s, "notar.tar.gz", text.Bytes())
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-6] ^= 1 // the checksum
	put(t, s, "damaged.tar.gz", damaged)
	limited := func(r *modeldata.Request) { r.Limit = 4999 }
	for want, r := range map[string]modeldata.Request{
		"There is no model data at":          request("s3://models/none.tar.gz", gzipped),
		"no model data below":                request("s3://models/none/", prefixed),
		`bucket "nobodys" of the model data`: request("s3://nobodys/m.tar.gz", gzipped),
		"or is not yours":                    request("s3://models/m.tar.gz", gzipped, func(r *modeldata.Request) { r.Account = "210987654321" }),
		"in the region us-east-1":            request("s3://models/m.tar.gz", gzipped, func(r *modeldata.Request) { r.Region = "eu-west-1" }),
		"not of the form s3":                 request("https://models/m.tar.gz", gzipped),
		"the 4999 bytes":                     request("s3://models/m.tar.gz", gzipped, limited),
		"truncated":                          request("s3://models/truncated.tar.gz", gzipped),
		"not a gzip-compressed tar":          request("s3://models/text.tar.gz", gzipped),
		"nil.tar.gz is not a gzip":           request("s3://models/nil.tar.gz", gzipped),
		"notar.tar.gz is damaged, or not":    request("s3://models/notar.tar.gz", gzipped),
		"damaged.tar.gz is damaged":          request("s3://models/damaged.tar.gz", gzipped),
		"ends in a slash":                    request("s3://models/folder/", prefixed),
		"needs a directory of that name":     request("s3://models/clash/", prefixed),
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "model")
			refused(t, modeldata.Download(t.Context(), s, r, dir), want)
			nothing(t, dir)
		})
	}
}

// A directory that is there is whole and stays, one of another boot is not; half a
// directory that a crash has left is not taken for anything.
func TestDownloadIsAtomic(t *testing.T) {
	t.Parallel()
	s := objects(t)
	put(t, s, "m.tar.gz", archive(t, member{name: "new", content: "1"}))
	r := request("s3://models/m.tar.gz", gzipped)
	dir := filepath.Join(t.TempDir(), "model")
	must(t, os.MkdirAll(filepath.Join(dir+".part", "half"), 0o755))
	must(t, modeldata.Download(t.Context(), s, r, dir))
	same(t, dir, map[string]string{"new": "1"})
	must(t, os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "mine")))
	must(t, modeldata.Download(t.Context(), s, r, dir))
	same(t, dir, map[string]string{"mine": "1"})
	must(t, os.WriteFile(dir+".boot", []byte("another boot"), 0o600))
	must(t, modeldata.Download(t.Context(), s, r, dir))
	same(t, dir, map[string]string{"new": "1"})
	ended, end := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	end(enough)
	other := filepath.Join(t.TempDir(), "model")
	var mine *modeldata.Error
	if err := modeldata.Download(ended, s, r, other); err == nil || errors.As(err, &mine) {
		t.Errorf("a request that was given up: %v", err)
	}
	nothing(t, other)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
