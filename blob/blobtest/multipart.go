package blobtest

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/checksum"
)

// upload sends contents as parts 1, 3, 5, … and completes with all of them.
func (s *suite) upload(t *testing.T, bucket, key, algorithm, kind string, contents ...string) (blob.Info, error) {
	t.Helper()
	u, err := s.store.CreateUpload(ctx(t), bucket, key, blob.PutOptions{Info: blob.Info{ContentType: "text/m", Metadata: map[string]string{"m": "1"}, Tags: map[string]string{"t": "1"}}}, algorithm, kind)
	if err != nil {
		t.Fatal(err)
	}
	var parts []blob.Part
	for i, c := range contents {
		o := blob.PutOptions{Size: int64(len(c))}
		if algorithm != "" {
			o.Checksums = map[string]string{algorithm: ""}
		}
		p, err := s.store.PutPart(ctx(t), bucket, key, u.ID, 2*i+1, strings.NewReader(c), o)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, p)
	}
	return s.store.CompleteUpload(ctx(t), bucket, key, u.ID, parts, blob.PutOptions{Size: -1})
}

func (s *suite) multipart(t *testing.T) {
	b := s.bucket(t)
	one, two, three := filler(blob.MinPart), filler(blob.MinPart + 1)[1:], "end"
	whole := one + two + three
	i, err := s.upload(t, b, "k", "", "", one, two, three)
	if err != nil {
		t.Fatal(err)
	}
	h := md5.New()
	for _, c := range []string{one, two, three} {
		sum := md5.Sum([]byte(c))
		h.Write(sum[:])
	}
	etag := hex.EncodeToString(h.Sum(nil)) + "-3"
	if i.ETag != etag {
		t.Errorf("ETag %s, want %s", i.ETag, etag)
	}
	if i, err = s.store.Head(ctx(t), b, "k"); err != nil || i.ETag != etag || i.Size != int64(len(whole)) || i.Parts != 3 ||
		i.ContentType != "text/m" || i.Metadata["m"] != "1" || i.Tags["t"] != "1" {
		t.Fatalf("head: %+v, %v", i, err)
	}
	if s.content(t, b, "k") != whole {
		t.Fatal("other content")
	}
	n := int64(blob.MinPart)
	for _, r := range []blob.Range{{Offset: n - 2, Length: 4}, {Offset: n, Length: n}, {Offset: n - 1, Length: n + 2}, {Offset: -5}, {Offset: 2 * n, Length: -1}, {Offset: 0, Length: 3}} {
		off, length, _ := r.Resolve(int64(len(whole)))
		if s.section(t, b, "k", &r) != whole[off:off+length] {
			t.Errorf("range %+v differs", r)
		}
	}
	parts, err := s.store.ObjectParts(ctx(t), b, "k")
	if err != nil || len(parts) != 3 || parts[0].Size != n || parts[2].Size != 3 {
		t.Fatalf("parts: %+v, %v", parts, err)
	}
	// A reader outlives its object.
	rc, _, err := s.store.Get(ctx(t), b, "k", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	first := make([]byte, 10)
	if _, err := io.ReadFull(rc, first); err != nil {
		t.Fatal(err)
	}
	// A copy has one part and its own ETag.
	c, err := s.store.Copy(ctx(t), b, "k", b, "copy", blob.PutOptions{}, false, false)
	if err != nil || c.ETag != md5Hex(whole) {
		t.Fatalf("copy: %+v, %v", c, err)
	}
	if err := s.store.Delete(ctx(t), b, "k", "copy"); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(rc)
	if err != nil || string(first)+string(rest) != whole {
		t.Fatalf("read %d of %d bytes: %v", 10+len(rest), len(whole), err)
	}
}

func (s *suite) multipartErrors(t *testing.T) {
	b := s.bucket(t)
	_, err := s.upload(t, b, "k", "", "", "small", "end")
	wantErr(t, "small part", err, blob.ErrPartTooSmall)
	u, err := s.store.CreateUpload(ctx(t), b, "k", blob.PutOptions{}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	put := func(number int, content string) (blob.Part, error) {
		return s.store.PutPart(ctx(t), b, "k", u.ID, number, strings.NewReader(content), blob.PutOptions{Size: int64(len(content))})
	}
	if _, err := put(1, "first"); err != nil {
		t.Fatal(err)
	}
	again, err := put(1, "second")
	if err != nil {
		t.Fatal(err)
	}
	last, err := put(10000, "last")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 10001, -1} {
		_, err := put(n, "x")
		wantErr(t, fmt.Sprint("part ", n), err, blob.ErrInvalidPart)
	}
	list, err := s.store.ListParts(ctx(t), b, "k", u.ID, 0, 1)
	if err != nil || len(list) != 1 || list[0].ETag != md5Hex("second") || list[0].Size != 6 {
		t.Fatalf("parts: %+v, %v", list, err)
	}
	if list, err = s.store.ListParts(ctx(t), b, "k", u.ID, 1, 10); err != nil || len(list) != 1 || list[0].Number != 10000 {
		t.Fatalf("parts: %+v, %v", list, err)
	}
	complete := func(parts ...blob.Part) error {
		_, err := s.store.CompleteUpload(ctx(t), b, "k", u.ID, parts, blob.PutOptions{Size: -1, IfNoneMatch: "*"})
		return err
	}
	wantErr(t, "order", complete(last, again), blob.ErrPartOrder)
	wantErr(t, "unknown", complete(blob.Part{Number: 7, ETag: again.ETag}), blob.ErrInvalidPart)
	wantErr(t, "other ETag", complete(blob.Part{Number: 1, ETag: md5Hex("first")}), blob.ErrInvalidPart)
	_, err = s.store.GetUpload(ctx(t), b, "other", u.ID)
	wantErr(t, "other key", err, blob.ErrNoSuchUpload)
	s.put(t, b, "k", "there")
	wantErr(t, "condition", complete(again), blob.ErrPreconditionFailed)
	if err := s.store.Delete(ctx(t), b, "k"); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "one small part", complete(again), nil)
	if got := s.content(t, b, "k"); got != "second" {
		t.Errorf("content %q", got)
	}
	wantErr(t, "complete again", complete(again), blob.ErrNoSuchUpload)
	if u, err = s.store.CreateUpload(ctx(t), b, "k", blob.PutOptions{}, "", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := put(2, filler(100<<10)); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "abort", s.store.AbortUpload(ctx(t), b, "k", u.ID), nil)
	_, err = put(3, "late")
	wantErr(t, "part after abort", err, blob.ErrNoSuchUpload)
	wantErr(t, "abort again", s.store.AbortUpload(ctx(t), b, "k", u.ID), blob.ErrNoSuchUpload)
}

func (s *suite) multipartChecksums(t *testing.T) {
	b := s.bucket(t)
	one, two := filler(blob.MinPart), "tail"
	for _, c := range [][2]string{{"CRC32", "COMPOSITE"}, {"CRC32C", "FULL_OBJECT"}, {"CRC64NVME", "FULL_OBJECT"}, {"SHA256", "COMPOSITE"}, {"SHA1", "COMPOSITE"}} {
		i, err := s.upload(t, b, "k", c[0], c[1], one, two)
		if err != nil {
			t.Fatalf("%v: %v", c, err)
		}
		var parts []checksum.Part
		for _, content := range []string{one, two} {
			h := checksum.New(c[0])
			h.Write([]byte(content))
			parts = append(parts, checksum.Part{Sum: checksum.Encode(h), Size: int64(len(content))})
		}
		want, _ := checksum.Join(c[0], c[1], parts)
		if i, err = s.store.Head(ctx(t), b, "k"); err != nil || i.Checksums[c[0]] != want || i.ChecksumType != c[1] {
			t.Errorf("%v: %+v, %v; want %s", c, i, err, want)
		}
	}
}

// localize: where a store can write local files, they equal what Get reads.
func (s *suite) localize(t *testing.T) {
	l, ok := s.store.(blob.Localizer)
	if !ok {
		t.Skip("NOT TESTED: local files, which this backend does not write (it has no blob.Localizer): blob/dir's test covers them")
	}
	b := s.bucket(t)
	for _, size := range []int{0, 9, 300 << 10} {
		s.put(t, b, "k", filler(size))
		dst := filepath.Join(t.TempDir(), "f")
		i, err := l.Localize(ctx(t), b, "k", dst)
		if err != nil || i.Size != int64(size) {
			t.Fatalf("%+v, %v", i, err)
		}
		got, err := os.ReadFile(dst)
		if err != nil || string(got) != filler(size) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	}
	dst := filepath.Join(t.TempDir(), "f")
	_, err := l.Localize(ctx(t), b, "missing", dst)
	wantErr(t, "missing", err, blob.ErrNoSuchKey)
	if _, err := os.Stat(dst); err == nil {
		t.Error("a file was left behind")
	}
}
