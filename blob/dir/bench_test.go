package dir_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/store/storetest"
)

const large = 64 << 20

// BenchmarkPlainCopy is what BenchmarkPutLarge is held against: a file copy with
// fsync.
func BenchmarkPlainCopy(b *testing.B) {
	src, dst := filepath.Join(b.TempDir(), "src"), filepath.Join(b.TempDir(), "dst")
	if err := os.WriteFile(src, make([]byte, large), 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(large)
	for b.Loop() {
		in, err := os.Open(src)
		if err != nil {
			b.Fatal(err)
		}
		out, err := os.Create(dst)
		if err != nil {
			b.Fatal(err)
		}
		// Through a buffer, as cp does between file systems.
		if _, err = io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{in}, make([]byte, 1<<20)); err == nil {
			err = out.Sync()
		}
		if err != nil {
			b.Fatal(err)
		}
		in.Close()
		out.Close()
		b.StopTimer()
		os.Remove(dst)
		b.StartTimer()
	}
}

func benchStore(b *testing.B) *dir.Store {
	s, err := dir.New(storetest.SQLite(b), b.TempDir(), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	makeBucket(b, s)
	return s
}

// BenchmarkPutLarge writes 64 MiB, from memory, durably.
func BenchmarkPutLarge(b *testing.B) {
	s, data := benchStore(b), make([]byte, large)
	b.SetBytes(large)
	for b.Loop() {
		if _, err := s.Put(b.Context(), "b", "k", bytes.NewReader(data), blob.PutOptions{Size: large}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGetLarge reads 64 MiB.
func BenchmarkGetLarge(b *testing.B) {
	s := benchStore(b)
	put(b, s, "k", large)
	b.SetBytes(large)
	for b.Loop() {
		rc, _, err := s.Get(b.Context(), "b", "k", nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(struct{ io.Writer }{io.Discard}, rc); err != nil {
			b.Fatal(err)
		}
		rc.Close()
	}
}

// BenchmarkPutBySize is how InlineLimit was chosen: durable uploads a second
// from eight writers, by size.
func BenchmarkPutBySize(b *testing.B) {
	for _, size := range []int{1 << 10, 4 << 10, dir.InlineLimit, dir.InlineLimit + 1, 32 << 10, 64 << 10, 256 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s, data := benchStore(b), make([]byte, size)
			var n atomic.Int64
			b.SetParallelism(4)
			b.SetBytes(int64(size))
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					key := fmt.Sprint(n.Add(1))
					if _, err := s.Put(b.Context(), "b", key, bytes.NewReader(data), blob.PutOptions{Size: int64(size)}); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "puts/s")
		})
	}
}

// BenchmarkListPrefixes lists 10 common prefixes that hide 20 keys each.
func BenchmarkListPrefixes(b *testing.B) {
	s := benchStore(b)
	for i := range 10 {
		for k := range 20 {
			put(b, s, fmt.Sprintf("p%d/%02d", i, k), 0)
		}
	}
	b.ResetTimer()
	for b.Loop() {
		l, err := s.List(b.Context(), "b", blob.ListOptions{Delimiter: "/"})
		if err != nil || len(l.CommonPrefixes) != 10 {
			b.Fatal(l, err)
		}
	}
}
