package dir_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/store/storetest"
)

// TestDiskFull: an upload that does not fit is blob.ErrNoSpace, leaves nothing,
// and what fits goes on working.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	if err := unix.Mount("tmpfs", path, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("NOT TESTED: a full disk, which takes mounting a small one: be root with CAP_SYS_ADMIN: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(path, unix.MNT_DETACH) })
	s, err := dir.New(storetest.SQLite(t), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	makeBucket(t, s)
	for _, size := range []int64{2 << 20, -1} { // noticed before and while writing
		_, err := s.Put(t.Context(), "b", "k", io.LimitReader(zeros{}, 2<<20), blob.PutOptions{Size: size})
		if !errors.Is(err, blob.ErrNoSpace) {
			t.Errorf("size %d: %v", size, err)
		}
		if left := contentFiles(t, path); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	put(t, s, "fits", 500<<10)
	rc, _, err := s.Get(t.Context(), "b", "fits", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	if b, err := io.ReadAll(rc); err != nil || !bytes.Equal(b, make([]byte, 500<<10)) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
