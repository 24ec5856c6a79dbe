package blobtest

import (
	"crypto/md5"
	"errors"
	"io"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/checksum"
)

func (s *suite) buckets(t *testing.T) {
	name := s.bucket(t)
	b, err := s.store.GetBucket(ctx(t), name)
	if err != nil || b.Account != Account || b.Region == "" {
		t.Fatalf("got %+v, %v", b, err)
	}
	wantErr(t, "create again", s.store.CreateBucket(ctx(t), blob.Bucket{Name: name, Account: Account, Region: "us-east-1"}), blob.ErrBucketExists)
	list, err := s.store.ListBuckets(ctx(t), Account)
	found := false
	for i, l := range list {
		found = found || l.Name == name && !l.CreatedAt.IsZero()
		if i > 0 && l.Name <= list[i-1].Name {
			t.Error("buckets are not in order")
		}
	}
	if err != nil || !found {
		t.Fatalf("list: %v, %v", list, err)
	}
	tags := map[string]string{"team": "a b", "empty": ""}
	if err := s.store.SetBucketTags(ctx(t), name, tags); err != nil {
		t.Fatal(err)
	}
	if b, err = s.store.GetBucket(ctx(t), name); err != nil || !maps.Equal(b.Tags, tags) {
		t.Fatalf("tags: %v, %v", b.Tags, err)
	}
	if err := s.store.SetBucketTags(ctx(t), name, nil); err != nil {
		t.Fatal(err)
	}
	s.put(t, name, "k", "v")
	wantErr(t, "delete full bucket", s.store.DeleteBucket(ctx(t), name), blob.ErrBucketNotEmpty)
	if err := s.store.Delete(ctx(t), name, "k"); err != nil {
		t.Fatal(err)
	}
	if err := s.store.DeleteBucket(ctx(t), name); err != nil {
		t.Fatal(err)
	}
	_, err = s.store.GetBucket(ctx(t), name)
	wantErr(t, "get deleted bucket", err, blob.ErrNoSuchBucket)
	wantErr(t, "delete deleted bucket", s.store.DeleteBucket(ctx(t), name), blob.ErrNoSuchBucket)
	_, err = s.store.Put(ctx(t), name, "k", strings.NewReader(""), blob.PutOptions{})
	wantErr(t, "put without bucket", err, blob.ErrNoSuchBucket)
	_, err = s.store.Head(ctx(t), name, "k")
	if !errors.Is(err, blob.ErrNoSuchBucket) && !errors.Is(err, blob.ErrNoSuchKey) { // a HEAD on S3 cannot tell
		t.Errorf("head without bucket: %v", err)
	}
	_, err = s.store.List(ctx(t), name, blob.ListOptions{})
	wantErr(t, "list without bucket", err, blob.ErrNoSuchBucket)
}

func (s *suite) putGet(t *testing.T) {
	b := s.bucket(t)
	for _, size := range []int{0, 1, 1000, 32 << 10, 32<<10 + 1, 64 << 10, 300 << 10, 3<<20 + 5} {
		for _, known := range []bool{true, false} {
			content, key := filler(size), "k"
			o := blob.PutOptions{Size: -1, Info: blob.Info{ContentType: "text/x", Metadata: map[string]string{"a": "1", "b-c": "zwei"},
				Headers: map[string]string{"Cache-Control": "no-cache", "Content-Encoding": "identity"}, Tags: map[string]string{"t": "u"}}}
			if known {
				o.Size = int64(size)
			}
			i, err := s.store.Put(ctx(t), b, key, strings.NewReader(content), o)
			if err != nil || i.ETag != md5Hex(content) || i.Size != int64(size) {
				t.Fatalf("size %d: %+v, %v", size, i, err)
			}
			if s.content(t, b, key) != content {
				t.Fatalf("size %d: other content", size)
			}
			h, err := s.store.Head(ctx(t), b, key)
			if err != nil || h.Key != key || h.Size != int64(size) || h.ETag != i.ETag || h.ContentType != "text/x" ||
				!maps.Equal(h.Metadata, o.Info.Metadata) || h.Headers["Cache-Control"] != "no-cache" ||
				h.Headers["Content-Encoding"] != "identity" || h.Tags["t"] != "u" || h.LastModified.IsZero() || h.Parts != 0 {
				t.Fatalf("head: %+v, %v", h, err)
			}
		}
	}
	_, _, err := s.store.Get(ctx(t), b, "other", nil)
	wantErr(t, "get", err, blob.ErrNoSuchKey)
	_, err = s.store.Head(ctx(t), b, "other")
	wantErr(t, "head", err, blob.ErrNoSuchKey)
}

// keys: any UTF-8 of 1 to 1,024 bytes, each a key of its own.
func (s *suite) keys(t *testing.T) {
	b := s.bucket(t)
	keys := []string{"a", "a/b", "a/", "a//b", "/a", "//", ".", "..", "../a", "a/../b", "a/./b", "\x01", "a\nb", "a\x7fb", "%2e%2e", "a%2Fb", "a+b", "a b",
		"?x=1&y", "#frag", "日本語/ü.txt", "\U0010ffff", strings.Repeat("k", 1024), strings.Repeat("é", 512), `\`, "&<>\"'", "nul\x00key", "\x00", "nul\x00"}
	for _, k := range keys {
		s.put(t, b, k, "content of "+k)
	}
	for _, k := range keys {
		if got := s.content(t, b, k); got != "content of "+k {
			t.Errorf("%q holds %q", k, got)
		}
	}
	for _, k := range []string{strings.Repeat("k", 1025), "\xff"} {
		_, err := s.store.Put(ctx(t), b, k, strings.NewReader("x"), blob.PutOptions{Size: 1})
		wantErr(t, "key "+k, err, blob.ErrInvalidKey)
	}
	if err := s.store.Delete(ctx(t), b, keys...); err != nil {
		t.Fatal(err)
	}
	if l, err := s.store.List(ctx(t), b, blob.ListOptions{}); err != nil || len(l.Objects) != 0 {
		t.Fatalf("left: %v, %v", l.Objects, err)
	}
}

func (s *suite) ranges(t *testing.T) {
	b := s.bucket(t)
	for _, size := range []int{10, 200 << 10} {
		content := filler(size)
		s.put(t, b, "k", content)
		n := int64(size)
		for _, c := range []struct {
			r    blob.Range
			want string
		}{
			{blob.Range{Offset: 0, Length: -1}, content},
			{blob.Range{Offset: 3, Length: -1}, content[3:]},
			{blob.Range{Offset: 3, Length: 4}, content[3:7]},
			{blob.Range{Offset: n - 1, Length: 100}, content[n-1:]},
			{blob.Range{Offset: -3}, content[n-3:]},
			{blob.Range{Offset: -n - 5}, content},
		} {
			if got := s.section(t, b, "k", &c.r); got != c.want {
				t.Errorf("range %+v of %d: %d bytes", c.r, size, len(got))
			}
		}
		_, info, err := s.store.Get(ctx(t), b, "k", &blob.Range{Offset: n, Length: 1})
		wantErr(t, "behind the end", err, blob.ErrInvalidRange)
		if info.Size != n {
			t.Errorf("info beside ErrInvalidRange: %+v", info)
		}
	}
}

func (s *suite) digests(t *testing.T) {
	b := s.bucket(t)
	for _, content := range []string{"hello", filler(200 << 10)} {
		sums := map[string]string{}
		for _, name := range checksum.Names() {
			h := checksum.New(name)
			h.Write([]byte(content))
			sums[name] = checksum.Encode(h)
		}
		sum := md5.Sum([]byte(content))
		for name, value := range sums {
			for _, announced := range []string{value, ""} {
				o := blob.PutOptions{Size: int64(len(content)), MD5: sum[:], Checksums: map[string]string{name: announced}}
				if announced == "" {
					o.Trailer = func() (map[string]string, error) { return map[string]string{name: value}, nil }
				}
				i, err := s.store.Put(ctx(t), b, name, strings.NewReader(content), o)
				if err != nil || i.Checksums[name] != value || i.ChecksumType != "FULL_OBJECT" {
					t.Fatalf("%s: %+v, %v", name, i, err)
				}
			}
			h, err := s.store.Head(ctx(t), b, name)
			if err != nil || h.Checksums[name] != value || h.ChecksumType != "FULL_OBJECT" {
				t.Fatalf("head %s: %+v, %v", name, h, err)
			}
			wrong := sums[name][:2] + "AA" + sums[name][4:]
			_, err = s.store.Put(ctx(t), b, "bad", strings.NewReader(content), blob.PutOptions{Size: -1, Checksums: map[string]string{name: wrong}})
			wantErr(t, name, err, blob.ErrBadDigest)
			_, err = s.store.Put(ctx(t), b, "bad", strings.NewReader(content), blob.PutOptions{Size: -1, Checksums: map[string]string{name: ""},
				Trailer: func() (map[string]string, error) { return map[string]string{name: wrong}, nil }})
			wantErr(t, name+" in the trailer", err, blob.ErrBadDigest)
		}
		_, err := s.store.Put(ctx(t), b, "bad", strings.NewReader(content), blob.PutOptions{Size: -1, MD5: make([]byte, 16)})
		wantErr(t, "MD5", err, blob.ErrBadDigest)
	}
	_, err := s.store.Head(ctx(t), b, "bad")
	wantErr(t, "refused content", err, blob.ErrNoSuchKey)
}

// failedBody: a body that breaks off changes nothing, and its error comes through.
func (s *suite) failedBody(t *testing.T) {
	b := s.bucket(t)
	s.put(t, b, "k", "old")
	broken := errors.New("line cut")
	for _, n := range []int{3, 500 << 10} {
		_, err := s.store.Put(ctx(t), b, "k", io.MultiReader(strings.NewReader(filler(n)), iotest.ErrReader(broken)), blob.PutOptions{Size: -1})
		wantErr(t, "broken body", err, broken)
		_, err = s.store.Put(ctx(t), b, "k", strings.NewReader(filler(n)), blob.PutOptions{Size: int64(n) + 1})
		wantErr(t, "short body", err, blob.ErrIncomplete)
	}
	if got := s.content(t, b, "k"); got != "old" {
		t.Errorf("content is %q", got)
	}
}

func (s *suite) conditions(t *testing.T) {
	b := s.bucket(t)
	try := func(key string, o blob.PutOptions) error {
		o.Size = 1
		_, err := s.store.Put(ctx(t), b, key, strings.NewReader("x"), o)
		return err
	}
	wantErr(t, "if-match on nothing", try("k", blob.PutOptions{IfMatch: md5Hex("x")}), blob.ErrNoSuchKey)
	wantErr(t, "first", try("k", blob.PutOptions{IfNoneMatch: "*"}), nil)
	wantErr(t, "second", try("k", blob.PutOptions{IfNoneMatch: "*"}), blob.ErrPreconditionFailed)
	wantErr(t, "if-match", try("k", blob.PutOptions{IfMatch: md5Hex("x")}), nil)
	wantErr(t, "if-match other", try("k", blob.PutOptions{IfMatch: md5Hex("y")}), blob.ErrPreconditionFailed)
}

// conditionRace: of many that may create only if nothing is there, one wins.
func (s *suite) conditionRace(t *testing.T) {
	b := s.bucket(t)
	errs := make([]error, 12)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = s.store.Put(ctx(t), b, "k", strings.NewReader(filler(i*20000)), blob.PutOptions{Size: int64(i * 20000), IfNoneMatch: "*"})
		})
	}
	wg.Wait()
	won := -1
	for i, err := range errs {
		if err == nil && won >= 0 {
			t.Fatal("two won")
		}
		if err == nil {
			won = i
		} else {
			wantErr(t, "loser", err, blob.ErrPreconditionFailed)
		}
	}
	if won < 0 || s.content(t, b, "k") != filler(won*20000) {
		t.Fatalf("winner %d is not what stands there", won)
	}
}

func (s *suite) readerSeesItsVersion(t *testing.T) {
	b := s.bucket(t)
	for _, size := range []int{10, 1 << 20} {
		content := filler(size)
		s.put(t, b, "k", content)
		rc, _, err := s.store.Get(ctx(t), b, "k", nil)
		if err != nil {
			t.Fatal(err)
		}
		s.put(t, b, "k", "new")
		if err := s.store.Delete(ctx(t), b, "k"); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(rc)
		if err != nil || string(got) != content {
			t.Errorf("read %d bytes of %d: %v", len(got), size, err)
		}
		rc.Close()
	}
}

func (s *suite) deleteMany(t *testing.T) {
	b := s.bucket(t)
	for _, k := range []string{"a", "b", "c"} {
		s.put(t, b, k, filler(100<<10))
	}
	if err := s.store.Delete(ctx(t), b, "c", "missing", "a", "a"); err != nil {
		t.Fatal(err)
	}
	l, err := s.store.List(ctx(t), b, blob.ListOptions{})
	if err != nil || len(l.Objects) != 1 || l.Objects[0].Key != "b" {
		t.Fatalf("left: %+v, %v", l, err)
	}
}

func (s *suite) tags(t *testing.T) {
	b := s.bucket(t)
	before := s.put(t, b, "k", "x")
	for _, tags := range []map[string]string{{"a": "1", "b c": "ü=&"}, {"z": ""}, nil} {
		if err := s.store.SetTags(ctx(t), b, "k", tags); err != nil {
			t.Fatal(err)
		}
		i, err := s.store.Head(ctx(t), b, "k")
		if err != nil || !maps.Equal(i.Tags, tags) || i.ETag != before.ETag {
			t.Fatalf("tags %v, want %v, %v", i.Tags, tags, err)
		}
	}
	wantErr(t, "tag nothing", s.store.SetTags(ctx(t), b, "missing", nil), blob.ErrNoSuchKey)
}

func (s *suite) copies(t *testing.T) {
	b, other := s.bucket(t), s.bucket(t)
	for _, size := range []int{5, 200 << 10} {
		content := filler(size)
		o := blob.PutOptions{Size: -1, Info: blob.Info{ContentType: "text/a", Metadata: map[string]string{"m": "1"}, Tags: map[string]string{"t": "1"}}}
		src, err := s.store.Put(ctx(t), b, "src", strings.NewReader(content), o)
		if err != nil {
			t.Fatal(err)
		}
		i, err := s.store.Copy(ctx(t), b, "src", other, "dst", blob.PutOptions{}, false, false)
		if err != nil || i.ETag != src.ETag {
			t.Fatalf("copy: %+v, %v", i, err)
		}
		i, err = s.store.Head(ctx(t), other, "dst")
		if err != nil || i.ContentType != "text/a" || i.Metadata["m"] != "1" || i.Tags["t"] != "1" {
			t.Fatalf("copied: %+v, %v", i, err)
		}
		// Neither lives in the other's content.
		if err := s.store.Delete(ctx(t), b, "src"); err != nil {
			t.Fatal(err)
		}
		if s.content(t, other, "dst") != content {
			t.Fatal("the copy went with its source")
		}
		// Onto itself, with other metadata and a checksum.
		repl := blob.PutOptions{Info: blob.Info{ContentType: "text/b", Metadata: map[string]string{"n": "2"}, Tags: map[string]string{"u": "2"}},
			Checksums: map[string]string{"SHA256": ""}}
		if _, err = s.store.Copy(ctx(t), other, "dst", other, "dst", repl, true, true); err != nil {
			t.Fatal(err)
		}
		i, err = s.store.Head(ctx(t), other, "dst")
		if err != nil || i.ContentType != "text/b" || !maps.Equal(i.Metadata, repl.Info.Metadata) || !maps.Equal(i.Tags, repl.Info.Tags) || i.Checksums["SHA256"] == "" {
			t.Fatalf("replaced: %+v, %v", i, err)
		}
		if s.content(t, other, "dst") != content {
			t.Fatal("content changed")
		}
		_, err = s.store.Copy(ctx(t), other, "dst", other, "x", blob.PutOptions{SourceETag: md5Hex("?")}, false, false)
		wantErr(t, "other source", err, blob.ErrPreconditionFailed)
	}
	_, err := s.store.Copy(ctx(t), b, "missing", b, "x", blob.PutOptions{}, false, false)
	wantErr(t, "copy nothing", err, blob.ErrNoSuchKey)
}
