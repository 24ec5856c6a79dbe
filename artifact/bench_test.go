package artifact_test

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/sagebrush/sagebrush/artifact"
	"github.com/sagebrush/sagebrush/artifact/tree"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// BenchmarkManyFiles archives 20,000 files of 1 KiB.
func BenchmarkManyFiles(b *testing.B) {
	s := objects(b, storetest.SQLite(b))
	base := b.TempDir()
	content := randomBytes(1 << 10)
	for i := range 20_000 {
		dir := filepath.Join(base, strconv.Itoa(i/100))
		must(b, os.MkdirAll(dir, 0o755))
		must(b, os.WriteFile(filepath.Join(dir, strconv.Itoa(i)), content, 0o644))
	}
	b.SetBytes(20_000 << 10)
	for b.Loop() {
		_, err := artifact.Archive(b.Context(), artifact.Object{Store: s, Bucket: bucket, Key: "k"}, []tree.Place{{Base: base}})
		must(b, err)
	}
	r, _, err := s.Get(b.Context(), bucket, "k", &blob.Range{Length: 10})
	must(b, err)
	_, _ = io.Copy(io.Discard, r)
	r.Close()
}

// BenchmarkEmptyModel is what most tests of others upload.
func BenchmarkEmptyModel(b *testing.B) {
	s := objects(b, storetest.SQLite(b))
	place := tree.Place{Base: b.TempDir()}
	b.ReportAllocs()
	for b.Loop() {
		_, err := artifact.Archive(b.Context(), artifact.Object{Store: s, Bucket: bucket, Key: "k"}, []tree.Place{place})
		must(b, err)
	}
}
