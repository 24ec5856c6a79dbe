package mirror_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/artifact/mirror"
	"github.com/sagebrush/sagebrush/artifact/tree"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/store"
	"github.com/sagebrush/sagebrush/store/storetest"
)

const bucket = "checkpoints"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// objects is a directory store on db with a bucket.
func objects(t *testing.T, db *store.DB) blob.Store {
	t.Helper()
	s, err := dir.New(db, t.TempDir(), nil)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	must(t, s.CreateBucket(t.Context(), blob.Bucket{Name: bucket, Account: "123456789012", Region: "us-east-1"}))
	return s
}

// bench is one host's directory and its mirror.
type bench struct {
	*testing.T
	config mirror.Config
	dir    string
}

func newBench(t *testing.T, s blob.Store) *bench {
	base := t.TempDir()
	b := &bench{t, mirror.Config{
		Store: s, Bucket: bucket, Prefix: "run/1", Local: tree.Place{Base: base, Path: "checkpoints"},
		Journal: filepath.Join(t.TempDir(), "journals", "algo-1"), Interval: time.Millisecond, Patience: 50 * time.Millisecond,
	}, filepath.Join(base, "checkpoints")}
	must(t, os.MkdirAll(b.dir, 0o755))
	return b
}

func (b *bench) open() *mirror.Mirror {
	b.Helper()
	m, err := mirror.Open(b.config)
	must(b, err)
	b.Cleanup(func() { m.Close() })
	return m
}

// run starts m and answers what ends it.
func (b *bench) run(m *mirror.Mirror) (stop func()) {
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() { defer close(done); m.Run(ctx) }()
	return func() { cancel(); <-done }
}

func (b *bench) write(name, content string) {
	b.Helper()
	must(b, os.MkdirAll(filepath.Dir(filepath.Join(b.dir, name)), 0o755))
	must(b, os.WriteFile(filepath.Join(b.dir, name), []byte(content), 0o644))
}

// age makes a file as old as one whose change is long over.
func (b *bench) age(name string) {
	b.Helper()
	then := time.Now().Add(-time.Hour)
	must(b, os.Chtimes(filepath.Join(b.dir, name), then, then))
}

func put(t testing.TB, s blob.Store, key, content string) {
	t.Helper()
	_, err := s.Put(t.Context(), bucket, key, strings.NewReader(content), blob.PutOptions{Size: int64(len(content))})
	must(t, err)
}

// stored is what is below prefix in S3, by key without the prefix.
func stored(t testing.TB, s blob.Store, prefix string) map[string]string {
	t.Helper()
	got := map[string]string{}
	for after := ""; ; {
		page, err := s.List(t.Context(), bucket, blob.ListOptions{Prefix: prefix, After: after, Max: 1000})
		must(t, err)
		for _, o := range page.Objects {
			r, _, err := s.Get(t.Context(), bucket, o.Key, nil)
			if errors.Is(err, blob.ErrNoSuchKey) {
				continue
			}
			must(t, err)
			text, err := io.ReadAll(r)
			must(t, errors.Join(err, r.Close()))
			got[strings.TrimPrefix(o.Key, prefix)] = string(text)
		}
		if after = page.Next; after == "" {
			return got
		}
	}
}

// local is what is in the directory.
func (b *bench) local() map[string]string {
	b.Helper()
	got := map[string]string{}
	must(b, filepath.WalkDir(b.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		got[strings.TrimPrefix(path, b.dir+"/")] = string(text)
		return err
	}))
	return got
}

func want(t testing.TB, got map[string]string, pairs ...string) {
	t.Helper()
	wanted := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		wanted[pairs[i]] = pairs[i+1]
	}
	if fmt.Sprint(got) != fmt.Sprint(wanted) {
		t.Fatalf("got %q, want %q", got, wanted)
	}
}

// until waits for something to become true.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not happen that %s", what)
		}
	}
}

// TestLifeOfCheckpoints: TrainContainer-10: restored before the start; changes
// and deletions follow while the program runs; what others add stays.
func TestLifeOfCheckpoints(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := objects(t, db)
		put(t, s, "run/1/step-1/weights", "one")
		put(t, s, "run/1/state", "s")
		put(t, s, "run/1/marker/", "")
		put(t, s, "run/10/weights", "another run")
		b := newBench(t, s)
		n, err := mirror.Restore(t.Context(), b.config)
		must(t, err)
		if n != 2 {
			t.Errorf("%d files restored", n)
		}
		want(t, b.local(), "step-1/weights", "one", "state", "s")
		m := b.open()
		stop := b.run(m)
		put(t, s, "run/1/theirs", "t")
		b.write("step-2/weights", "two")
		until(t, "a new file is uploaded", func() bool { return stored(t, s, "run/1/")["step-2/weights"] == "two" })
		must(t, os.RemoveAll(filepath.Join(b.dir, "step-1")))
		until(t, "a deletion follows", func() bool { _, there := stored(t, s, "run/1/")["step-1/weights"]; return !there })
		b.write("state", "changed")
		until(t, "a change follows", func() bool { return stored(t, s, "run/1/")["state"] == "changed" })
		stop()
		b.write("last", "words")
		must(t, m.Flush(t.Context()))
		want(t, stored(t, s, "run/1/"), "step-2/weights", "two", "state", "changed", "last", "words", "theirs", "t", "marker/", "")
		want(t, stored(t, s, "run/10/"), "weights", "another run")
	})
}

// counting counts the bodies that are uploaded, and fails or ends some calls.
type counting struct {
	blob.Store
	puts, copies atomic.Int32
	fail         atomic.Bool
	afterPut     func(key string) error
}

func (c *counting) Put(ctx context.Context, bucket, key string, body io.Reader, o blob.PutOptions) (blob.Info, error) {
	if c.fail.Load() {
		return blob.Info{}, errors.New("the store is away")
	}
	c.puts.Add(1)
	i, err := c.Store.Put(ctx, bucket, key, body, o)
	if err == nil && c.afterPut != nil {
		err = c.afterPut(key)
	}
	return i, err
}

func (c *counting) Copy(ctx context.Context, srcBucket, srcKey, bucket, key string, o blob.PutOptions, meta, tags bool) (blob.Info, error) {
	c.copies.Add(1)
	return c.Store.Copy(ctx, srcBucket, srcKey, bucket, key, o, meta, tags)
}

// TestNothingIsUploadedTwice: restored files are not, nor what a mirror before
// the server's restart has uploaded.
func TestNothingIsUploadedTwice(t *testing.T) {
	t.Parallel()
	s := &counting{Store: objects(t, storetest.SQLite(t))}
	put(t, s, "run/1/restored", "r")
	b := newBench(t, s)
	_, err := mirror.Restore(t.Context(), b.config)
	must(t, err)
	must(t, os.Chmod(filepath.Join(b.dir, "restored"), 0o600)) // given to the program's user
	b.write("mine", "m")
	b.age("mine")
	m := b.open()
	stop := b.run(m)
	until(t, "a file is uploaded", func() bool { return stored(t, s, "run/1/")["mine"] == "m" })
	stop()
	must(t, m.Flush(t.Context()))
	before := s.puts.Load()
	if before > 3 { // by the test, and the mirror; again if the end came before it was settled
		t.Errorf("%d uploads", before)
	}
	m.Close()
	for range 3 {
		m = b.open()
		must(t, m.Flush(t.Context()))
		must(t, m.Flush(t.Context()))
		m.Close()
	}
	if again := s.puts.Load() - before; again > 1 { // once when it was not settled
		t.Errorf("%d files were uploaded again after a restart", again)
	}
	want(t, stored(t, s, "run/1/"), "mine", "m", "restored", "r")
}

// TestRename: a file that is written under another name and then renamed is
// copied within S3, and the other name goes.
func TestRename(t *testing.T) {
	t.Parallel()
	s := &counting{Store: objects(t, storetest.SQLite(t))}
	b := newBench(t, s)
	m := b.open()
	b.write("tmp-step-1/weights", "w")
	b.write("state.tmp", "s")
	b.age("tmp-step-1/weights")
	b.age("state.tmp")
	must(t, m.Flush(t.Context()))
	must(t, m.Flush(t.Context())) // now they are settled
	puts := s.puts.Load()
	must(t, os.Rename(filepath.Join(b.dir, "tmp-step-1"), filepath.Join(b.dir, "step-1")))
	must(t, os.Rename(filepath.Join(b.dir, "state.tmp"), filepath.Join(b.dir, "state")))
	stop := b.run(m)
	until(t, "the new names replace the old ones", func() bool {
		got := stored(t, s, "run/1/")
		return got["step-1/weights"] == "w" && got["state"] == "s" && len(got) == 2
	})
	stop()
	want(t, stored(t, s, "run/1/"), "step-1/weights", "w", "state", "s")
	if s.puts.Load() != puts || s.copies.Load() != 2 {
		t.Errorf("%d uploads, %d copies", s.puts.Load()-puts, s.copies.Load())
	}
	// Somebody replaced the object under the old name: it is no source any more.
	put(t, s, "run/1/state", "theirs")
	must(t, os.Rename(filepath.Join(b.dir, "state"), filepath.Join(b.dir, "state-2")))
	must(t, m.Flush(t.Context()))
	want(t, stored(t, s, "run/1/"), "step-1/weights", "w", "state", "theirs", "state-2", "s")
}

// TestCoarseClock: a change right behind an upload may leave a file's time and
// size as they were; it is not missed.
func TestCoarseClock(t *testing.T) {
	t.Parallel()
	s := &counting{Store: objects(t, storetest.SQLite(t))}
	b := newBench(t, s)
	m := b.open()
	b.write("state", "one")
	path := filepath.Join(b.dir, "state")
	info, err := os.Stat(path)
	must(t, err)
	s.afterPut = func(string) error {
		return errors.Join(os.WriteFile(path, []byte("two"), 0o644), os.Chtimes(path, info.ModTime(), info.ModTime()))
	}
	must(t, m.Flush(t.Context()))
	want(t, stored(t, s, "run/1/"), "state", "one")
	must(t, m.Flush(t.Context()))
	want(t, stored(t, s, "run/1/"), "state", "two")
}

// TestHostsShareAPrefix: a host deletes only what it has put there, and not what
// another one has replaced since.
func TestHostsShareAPrefix(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	one, two := newBench(t, s), newBench(t, s)
	a, b := one.open(), two.open()
	one.write("rank-0", "0")
	one.write("both", "from one")
	must(t, a.Flush(t.Context()))
	two.write("rank-1", "1")
	two.write("both", "from two")
	must(t, b.Flush(t.Context()))
	must(t, os.Remove(filepath.Join(one.dir, "both")))
	must(t, os.Remove(filepath.Join(one.dir, "rank-0")))
	must(t, a.Flush(t.Context()))
	must(t, b.Flush(t.Context()))
	want(t, stored(t, s, "run/1/"), "rank-1", "1", "both", "from two")
}

// TestUploadOnly: TrainContainer-11, what is deleted here stays there.
func TestUploadOnly(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	b := newBench(t, s)
	b.config.Keep = true
	m := b.open()
	b.write("events", "e")
	must(t, m.Flush(t.Context()))
	must(t, os.Remove(filepath.Join(b.dir, "events")))
	b.write("more", "m")
	must(t, m.Flush(t.Context()))
	want(t, stored(t, s, "run/1/"), "events", "e", "more", "m")
}

// TestGrowingFile: a file that never rests is uploaded while it grows, and whole
// in the end.
func TestGrowingFile(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	b := newBench(t, s)
	m := b.open()
	stop := b.run(m)
	f, err := os.Create(filepath.Join(b.dir, "events"))
	must(t, err)
	defer f.Close()
	until(t, "a growing file is uploaded", func() bool {
		_, err := f.WriteString("line\n")
		must(t, err)
		return len(stored(t, s, "run/1/")["events"]) > 5
	})
	stop()
	must(t, m.Flush(t.Context()))
	if got := stored(t, s, "run/1/"); got["events"] != b.local()["events"] {
		t.Errorf("%d bytes of %d", len(got["events"]), len(b.local()["events"]))
	}
}

// TestStoreComesBack: what fails is tried again, and until then nothing is deleted.
func TestStoreComesBack(t *testing.T) {
	t.Parallel()
	s := &counting{Store: objects(t, storetest.SQLite(t))}
	b := newBench(t, s)
	m := b.open()
	b.write("old", "o")
	must(t, m.Flush(t.Context()))
	s.fail.Store(true)
	must(t, os.Remove(filepath.Join(b.dir, "old")))
	b.write("new", "n")
	if err := m.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "the store is away") {
		t.Fatalf("%v", err)
	}
	want(t, stored(t, s, "run/1/"), "old", "o")
	stop := b.run(m)
	defer stop()
	s.fail.Store(false)
	until(t, "it goes on", func() bool { got := stored(t, s, "run/1/"); return len(got) == 1 && got["new"] == "n" })
}

// TestDirectoryInPlace: a directory that went away means that all files did; a
// link in its place is not followed and deletes nothing; the server's own
// directory gone is an error.
func TestDirectoryInPlace(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	b := newBench(t, s)
	m := b.open()
	b.write("a", "a")
	must(t, m.Flush(t.Context()))
	must(t, os.Rename(b.dir, b.dir+"-2"))
	must(t, os.Symlink("/etc", b.dir))
	if err := m.Flush(t.Context()); err == nil {
		t.Error("a link in the place of the directory is no error")
	}
	want(t, stored(t, s, ""), "run/1/a", "a")
	must(t, os.Remove(b.dir))
	moved := b.config.Local.Base + "-moved"
	must(t, os.Rename(b.config.Local.Base, moved))
	if err := m.Flush(t.Context()); err == nil {
		t.Error("the job's directory is gone, and that is no error")
	}
	want(t, stored(t, s, ""), "run/1/a", "a")
	must(t, os.Rename(moved, b.config.Local.Base))
	must(t, m.Flush(t.Context()))
	want(t, stored(t, s, ""))
}

// TestNamesThatAreNoKeys: they do not keep the others from being mirrored, and
// the last word about them is an error.
func TestNamesThatAreNoKeys(t *testing.T) {
	t.Parallel()
	s := objects(t, storetest.SQLite(t))
	b := newBench(t, s)
	b.write("bad\xff", "x")
	b.write("good", "g")
	must(t, os.Symlink("good", filepath.Join(b.dir, "latest")))
	m := b.open()
	var unfit *tree.UnfitError
	if err := m.Flush(t.Context()); !errors.As(err, &unfit) || unfit.Path != "bad\xff" {
		t.Errorf("%v", err)
	}
	want(t, stored(t, s, "run/1/"), "good", "g")
}

// TestRestoreRefuses keys that cannot be files, and does not follow links that an
// earlier run has left.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{"run/1/a//b"}, {"run/1/../../x"}, {"run/1/a", "run/1/a/b"}, {"run/1/" + strings.Repeat("x", 300)}} {
		s := objects(t, storetest.SQLite(t))
		for _, k := range keys {
			put(t, s, k, "x")
		}
		b := newBench(t, s)
		var unfit *tree.UnfitError
		if _, err := mirror.Restore(t.Context(), b.config); !errors.As(err, &unfit) {
			t.Errorf("%q: %v", keys, err)
		}
	}
	s := objects(t, storetest.SQLite(t))
	put(t, s, "run/1/link/file", "x")
	b := newBench(t, s)
	outside := t.TempDir()
	must(t, os.Symlink(outside, filepath.Join(b.dir, "link")))
	if _, err := mirror.Restore(t.Context(), b.config); err == nil {
		t.Error("a link is followed out of the directory")
	}
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Errorf("%v is outside", left)
	}
	s = objects(t, storetest.SQLite(t))
	put(t, s, "run/1/file", "x")
	b = newBench(t, s)
	b.write("other", "o")
	must(t, os.Symlink("other", filepath.Join(b.dir, "file")))
	_, err := mirror.Restore(t.Context(), b.config)
	must(t, err)
	want(t, b.local(), "file", "x", "other", "o")
}

// TestKilledServers: a program writes, renames and deletes as it likes while
// servers are killed and started again; in the end S3 holds just what is there.
func TestKilledServers(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			// The server dies between an upload and noting it, now and then.
			var die atomic.Pointer[context.CancelFunc]
			var count atomic.Int64
			s := &counting{Store: objects(t, storetest.SQLite(t))}
			s.afterPut = func(string) error {
				if count.Add(1)%5 == 0 {
					(*die.Load())()
					return errors.New("killed")
				}
				return nil
			}
			b := newBench(t, s)
			put(t, s, "run/1/theirs", "t")
			var program sync.WaitGroup
			program.Go(func() { b.program(seed) })
			ended := make(chan struct{})
			go func() { program.Wait(); close(ended) }()
			for running := true; running; {
				m := b.open()
				ctx, cancel := context.WithCancel(t.Context())
				die.Store(&cancel)
				go func() {
					select {
					case <-ended:
						cancel()
					case <-ctx.Done():
					}
				}()
				m.Run(ctx)
				m.Close()
				select {
				case <-ended:
					running = false
				default:
				}
			}
			s.afterPut = nil
			m := b.open()
			must(t, m.Flush(t.Context()))
			local := b.local()
			local["theirs"] = "t"
			if got := stored(t, s, "run/1/"); fmt.Sprint(got) != fmt.Sprint(local) {
				t.Fatalf("in S3 %q\nhere  %q", got, local)
			}
		})
	}
}

// program does what training programs do to their checkpoints.
func (b *bench) program(seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 3))
	name := func() string { return fmt.Sprintf("d%d/f%d", rnd.IntN(3), rnd.IntN(4)) }
	for i := range 400 {
		switch n := name(); rnd.IntN(6) {
		case 0, 1:
			b.write(n, fmt.Sprint(i))
		case 2:
			os.Remove(filepath.Join(b.dir, n))
		case 3:
			os.Rename(filepath.Join(b.dir, n), filepath.Join(b.dir, name()))
		case 4:
			os.RemoveAll(filepath.Join(b.dir, "d2"))
		case 5:
			time.Sleep(time.Duration(rnd.IntN(3)) * time.Millisecond)
		}
	}
}
