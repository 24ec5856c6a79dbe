package logstream_test

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/logstream"
)

// BenchmarkIntake takes output as a supervisor does: chunks through a Splitter
// into a Writer. Bytes a second are those of the program.
func BenchmarkIntake(b *testing.B) {
	for name, line := range map[string]string{
		"100-byte lines": string(bytes.Repeat([]byte("x"), 99)) + "\n",
		"100 kB lines":   string(bytes.Repeat([]byte("x"), 100_000)) + "\n",
		"windows":        string(bytes.Repeat([]byte("x"), 98)) + "\r\n",
		"progress":       string(bytes.Repeat([]byte("x"), 99)) + "\r",
	} {
		b.Run(name, func(b *testing.B) {
			w, err := logstream.NewWriter(filepath.Join(b.TempDir(), "s"))
			if err != nil {
				b.Fatal(err)
			}
			defer w.Close()
			s := logstream.NewSplitter(func(t time.Time, l []byte) { _ = w.WriteLine(t, l) })
			chunk := bytes.Repeat([]byte(line), 1+(64<<10)/len(line))[:64<<10]
			b.SetBytes(int64(len(chunk)))
			b.ReportAllocs()
			for b.Loop() {
				s.Write(time.Now(), chunk)
			}
		})
	}
}

// BenchmarkRead reads as the metric scanner does.
func BenchmarkRead(b *testing.B) {
	path := filepath.Join(b.TempDir(), "s")
	w, err := logstream.NewWriter(path)
	if err != nil {
		b.Fatal(err)
	}
	for range 100_000 {
		_ = w.WriteLine(t0, bytes.Repeat([]byte("x"), 99))
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(100_000 * 100)
	b.ReportAllocs()
	for b.Loop() {
		for at := int64(0); ; {
			page, err := logstream.Read(path, at, 10_000, 4<<20)
			if err != nil {
				b.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			at = page[len(page)-1].Next
		}
	}
}
