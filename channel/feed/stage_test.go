//go:build linux

package feed

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// source is a file with n bytes that differ from page to page.
func source(t *testing.T, n int) (*os.File, []byte) {
	t.Helper()
	data := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = r.Read(data) // it never fails
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, data
}

// pair is a pipe of so many bytes.
func pair(t *testing.T, size int) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	if _, err := unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, size); err != nil {
		t.Fatal(err)
	}
	return r, w
}

// TestStage: whatever is lent in whatever portions, from wherever in a file, and
// however it is read, the bytes arrive, all of them and in order (TrainData-3).
func TestStage(t *testing.T) {
	t.Parallel()
	const size = 5<<20 + 123
	for name, c := range map[string]struct {
		pipe     int // its size
		read     int // bytes at once
		portions []int64
	}{
		"at once":                  {1 << 20, 128 << 10, []int64{size}},
		"a small pipe":             {4 << 10, 128 << 10, []int64{size}},
		"small reads":              {1 << 20, 777, []int64{size}},
		"pages that are not full":  {1 << 20, 64 << 10, []int64{1, 4095, 4097, 100_001, 1 << 20, 3, size - 1<<20 - 3 - 100_001 - 4097 - 4096}},
		"one page less than pipes": {64 << 10, 4 << 10, []int64{1<<20 - 4096, 1<<20 + 1, size - 2<<20 - 1 + 4096}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, want := source(t, size)
			r, w := pair(t, c.pipe)
			done := make(chan error, 1)
			go func() {
				s := newStage(w)
				defer s.Close()
				for _, n := range c.portions {
					if rest, err := s.lend(f, n); err != nil || rest != 0 {
						done <- errors.Join(err, errors.New("a portion has a rest"))
						return
					}
				}
				done <- w.Close()
			}()
			var got bytes.Buffer
			if _, err := io.CopyBuffer(&got, struct{ io.Reader }{r}, make([]byte, c.read)); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%d bytes arrived that are not the file's %d", got.Len(), len(want))
			}
		})
	}
}

// TestStageShort: what a file has arrives before it is told that it ends early.
func TestStageShort(t *testing.T) {
	t.Parallel()
	f, want := source(t, 10_000)
	r, w := pair(t, 1<<20)
	s := newStage(w)
	defer s.Close()
	if rest, err := s.lend(f, 10_001); rest != 1 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("rest %d, %v", rest, err)
	}
	w.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestStageClosed: a reader that closes early ends the lending, also while it
// waits for room.
func TestStageClosed(t *testing.T) {
	t.Parallel()
	f, _ := source(t, 4<<20)
	r, w := pair(t, 1<<20)
	s := newStage(w)
	defer s.Close()
	done := make(chan error, 1)
	go func() {
		_, err := s.lend(f, 4<<20)
		done <- err
	}()
	if _, err := io.ReadFull(r, make([]byte, 100_000)); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if err := <-done; !errors.Is(err, unix.EPIPE) {
		t.Errorf("got %v", err)
	}
}

// TestStageRefused: what does not lend its pages, as this process's memory does
// not, is copied by the writer, and the stage is given up.
func TestStageRefused(t *testing.T) {
	t.Parallel()
	const n = 2 * gather
	want, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(want) })
	_, _ = rand.NewChaCha8([32]byte{}).Read(want) // it never fails
	memory, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	if _, err := memory.Seek(int64(uintptr(unsafe.Pointer(&want[0]))), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	r, w := pair(t, 1<<20)
	o := newWriter(w)
	if err := o.some(&pieces{file: memory, left: n}, n); err != nil {
		t.Fatal(err)
	}
	if o.stage != nil {
		t.Error("the stage was kept")
	}
	if err := errors.Join(o.flush(), o.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
