package statedir_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/sagebrush/sagebrush/internal/statedir"
)

// The lock has one holder, in this process and across processes.
func TestTryLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	first, err := statedir.TryLock(path)
	if err != nil || first == nil {
		t.Fatal("the lock is not to be had:", err)
	}
	if second, err := statedir.TryLock(path); second != nil || err != nil {
		t.Fatal("the lock has two holders, or:", err)
	}
	// A process that inherited it holds it until it ends.
	child := exec.Command("sh", "-c", "echo up; read end")
	child.ExtraFiles = []*os.File{first}
	in, err1 := child.StdinPipe()
	out, err2 := child.StdoutPipe()
	if err := errors.Join(err1, err2, child.Start()); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	first.Close()
	if other, err := statedir.TryLock(path); other != nil || err != nil {
		t.Error("the lock was taken from the process that inherited it, or:", err)
	}
	in.Close()
	child.Wait()
	if again, err := statedir.TryLock(path); again == nil || err != nil {
		t.Error("nobody holds the lock, and it is not to be had:", err)
	} else {
		again.Close()
	}
}

// Whoever removes the directory while somebody waits for the lock leaves him
// without it: no two ever hold locks of directories of one name.
func TestTryLockRemoved(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "program")
	path := filepath.Join(dir, "lock")
	if f, err := statedir.TryLock(path); f != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a lock in a directory that is not there: %v, %v", f, err)
	}
	var holders sync.Map
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				if err := os.MkdirAll(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) { // it was there, and is no more
					t.Error(err)
				}
				f, err := statedir.TryLock(path)
				if err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Error(err)
				}
				if f == nil {
					continue
				}
				if _, taken := holders.LoadOrStore(dir, f); taken {
					t.Error("two hold the lock")
				}
				holders.Delete(dir)
				if err := os.RemoveAll(dir); err != nil && !errors.Is(err, fs.ErrExist) {
					t.Error(err)
				}
				f.Close()
			}
		})
	}
	all.Wait()
}

func TestIsLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mine, other := filepath.Join(dir, "lock"), filepath.Join(dir, "other")
	f, err := statedir.TryLock(mine)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fd := int(f.Fd())
	if !statedir.IsLock(fd, mine) || statedir.IsLock(fd, other) || statedir.IsLock(fd, dir+"/none") || statedir.IsLock(1<<20, mine) {
		t.Error("another file is taken for the lock, or the lock for another file")
	}
}

// Readers see a whole record at any time.
func TestWrite(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(string, any) error{"Write": statedir.Write, "WriteDurably": statedir.WriteDurably} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "record")
			if err := write(path, []int{0}); err != nil {
				t.Fatal(err)
			}
			var writing sync.WaitGroup
			writing.Go(func() {
				for n := range 50 {
					if err := write(path, make([]int, n*100)); err != nil {
						t.Error(err)
					}
				}
			})
			for range 200 {
				var got []int
				if data, err := os.ReadFile(path); err != nil || json.Unmarshal(data, &got) != nil {
					t.Fatalf("half a record, or none: %q, %v", data, err)
				}
			}
			writing.Wait()
			st, err := os.Stat(path)
			if err != nil || st.Mode().Perm() != 0o600 {
				t.Errorf("the record is not its owner's alone: %v, %v", st.Mode(), err)
			}
			if err := write(filepath.Join(path, "record"), 1); err == nil {
				t.Error("written beneath a file")
			}
			if err := write(path, func() {}); err == nil {
				t.Error("a function was written")
			}
		})
	}
}

func TestComplaint(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "err")
	if got := statedir.Complaint(path); got != "it left no message" {
		t.Errorf("without a file: %q", got)
	}
	for content, want := range map[string]string{
		" \n":             "it left no message",
		"\nno memory\n\n": "no memory",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := statedir.Complaint(path); got != want {
			t.Errorf("%q: %q, want %q", content, got, want)
		}
	}
	// Characters of several bytes are not cut, wherever the limits fall.
	for shift := range 4 {
		long := "panic: first" + strings.Repeat("x", shift) + strings.Repeat("€", 5000) + "the last"
		if err := os.WriteFile(path, []byte(long), 0o600); err != nil {
			t.Fatal(err)
		}
		got := statedir.Complaint(path)
		if !strings.HasPrefix(got, "panic: first") || !strings.HasSuffix(got, "the last") || len(got) > 2100 || !utf8.ValidString(got) {
			t.Errorf("a long complaint became %q", got)
		}
	}
}

// Sockets work however deep their directory is, and in place of one that was left.
func TestSocket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for len(dir) < 300 {
		dir = filepath.Join(dir, strings.Repeat("d", 50))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if conn, err := statedir.Dial(t.Context(), dir, "sock"); err == nil {
		conn.Close()
		t.Fatal("somebody answered before anybody listened")
	}
	for life := range 2 {
		l, err := statedir.Listen(dir, "sock")
		if err != nil {
			t.Fatalf("life %d: %v", life, err)
		}
		go func() {
			if conn, err := l.Accept(); err == nil {
				fmt.Fprintln(conn, "life", life)
				conn.Close()
			}
		}()
		conn, err := statedir.Dial(t.Context(), dir, "sock")
		if err != nil {
			t.Fatalf("life %d: %v", life, err)
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if want := fmt.Sprintln("life", life); line != want || err != nil {
			t.Errorf("%q, %v; want %q", line, err, want)
		}
		conn.Close()
		l.Close()
		if _, err := os.Stat(filepath.Join(dir, "sock")); err != nil {
			t.Error("the socket's file went with its listener:", err)
		}
	}
}
