// Command artifacts measures how fast a job's results are archived and stored,
// beside `tar -I "pigz -1"` of the same directory into a file on the same disk,
// in turns: both compress at their fastest level on all processors, and both end
// with their bytes on disk. It calls the package that does it for a job
// (artifact), on a store as the server has it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/sagebrush/sagebrush/artifact"
	"github.com/sagebrush/sagebrush/artifact/tree"
	"github.com/sagebrush/sagebrush/bench/internal/harness"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/store"
)

// target is the share of the peer's speed that we want at least.
const target = 0.7

func main() {
	size := flag.Int("size", 1024, "content in MiB")
	files := flag.Int("files", 100_000, "files of the tree of small files")
	rounds := flag.Int("rounds", 5, "rounds of both")
	harness.Run("artifacts", func(ctx context.Context, dir string, r *harness.Report) error {
		return run(ctx, dir, *size<<20, *files, *rounds, r)
	})
}

func run(ctx context.Context, work string, size, files, rounds int, r *harness.Report) (err error) {
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(work, "db"), store.Options{})
	if err != nil {
		return err
	}
	objects, err := dir.New(db, filepath.Join(work, "objects"), nil)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	defer func() { err = errors.Join(err, objects.Close(), db.Close()) }()
	if err := objects.CreateBucket(ctx, blob.Bucket{Name: harness.Bucket, Account: harness.Account, Region: harness.Region}); err != nil {
		return err
	}
	compressor := peer(r)
	others := harness.Others()
	for _, t := range []struct {
		what string
		make func(path string) error
	}{
		{"text", func(p string) error { return large(p, size, text) }},
		{"weights (random floats)", func(p string) error { return large(p, size, weights) }},
		{fmt.Sprintf("%d files of 1 KiB", files), func(p string) error { return small(p, files) }},
	} {
		base, err := os.MkdirTemp(work, "tree-")
		if err != nil {
			return err
		}
		if err := t.make(base); err != nil {
			return err
		}
		if err := compare(ctx, objects, base, t.what, compressor, rounds, r); err != nil {
			return err
		}
		harness.RemoveAll(base)
	}
	r.Note("%d MiB in files of 64 MiB; %d rounds of both in turns; medians of uncompressed bytes a second", size>>20, rounds)
	r.Note("processes other than this one, the peer among them, used %.0f %% of the processors meanwhile", 100*others())
	return nil
}

// peer is the compressor of the peer, which may be missing.
func peer(r *harness.Report) string {
	if _, err := exec.LookPath("pigz"); err != nil {
		r.Note("pigz is not installed: the peer is `tar -I \"gzip -1\"`, which uses one processor")
		return "gzip -1"
	}
	r.Note("the peer is `tar -I \"pigz -1\"` and a sync of its file")
	return "pigz -1"
}

// compare archives base in both ways.
func compare(ctx context.Context, objects blob.Store, base, what, compressor string, rounds int, r *harness.Report) error {
	var ours, theirs []float64
	var stored, theirSize int64
	for range rounds {
		begun := time.Now()
		sum, err := artifact.Archive(ctx, artifact.Object{Store: objects, Bucket: harness.Bucket, Key: "model.tar.gz"}, []tree.Place{{Base: base}})
		if err != nil {
			return err
		}
		ours = append(ours, float64(sum.Bytes)/1e6/time.Since(begun).Seconds())
		info, err := objects.Head(ctx, harness.Bucket, "model.tar.gz")
		if err != nil {
			return err
		}
		stored = info.Size
		begun = time.Now()
		if theirSize, err = withTar(ctx, base, compressor); err != nil {
			return err
		}
		theirs = append(theirs, float64(sum.Bytes)/1e6/time.Since(begun).Seconds())
	}
	row := harness.Row{What: what, Value: harness.Median(ours), Unit: "MB/s", Peer: harness.Median(theirs)}
	row.Ratio = row.Value / row.Peer
	r.Rows = append(r.Rows, row.AtLeast(row.Ratio, target, "×"),
		harness.Row{What: what + ": size of the archive", Value: float64(stored) / 1e6, Unit: "MB", Peer: float64(theirSize) / 1e6})
	return nil
}

// withTar is what the peer does; it answers the archive's size.
func withTar(ctx context.Context, base, compressor string) (size int64, err error) {
	path := base + ".tar.gz"
	defer func() { err = errors.Join(err, os.Remove(path)) }()
	if out, err := exec.CommandContext(ctx, "tar", "-I", compressor, "-cf", path, "-C", base, ".").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("tar: %w: %s", err, out)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	return info.Size(), err
}

// large writes files of 64 MiB that hold size bytes together.
func large(base string, size int, fill func(rng *rand.Rand, block []byte)) error {
	const each = 64 << 20
	rng := rand.New(rand.NewChaCha8([32]byte{1}))
	block := make([]byte, 1<<20)
	for i := 0; size > 0; i++ {
		f, err := os.Create(filepath.Join(base, "part-"+strconv.Itoa(i)))
		if err != nil {
			return err
		}
		for n := min(size, each); n > 0 && err == nil; n -= len(block) {
			fill(rng, block)
			_, err = f.Write(block[:min(n, len(block))])
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
		size -= each
	}
	return nil
}

// text is rows of figures, as in logs, vocabularies and trees written as text.
func text(rng *rand.Rand, block []byte) {
	for at := 0; at < len(block); {
		line := fmt.Sprintf("%d,%.4f,label-%d\n", rng.IntN(100_000), rng.Float64(), rng.IntN(50))
		at += copy(block[at:], line)
	}
}

// weights are floats around zero of four bytes, of which only the exponent's
// byte can be compressed.
func weights(rng *rand.Rand, block []byte) {
	for at := 0; at < len(block); at += 4 {
		v := rng.Uint32()
		block[at], block[at+1], block[at+2], block[at+3] = byte(v), byte(v>>8), byte(v>>16), 0x3c|byte(v>>24)&0x83
	}
}

// small writes n files of 1 KiB, a hundred in a directory.
func small(base string, n int) error {
	rng := rand.New(rand.NewChaCha8([32]byte{2}))
	block := make([]byte, 1<<10)
	for i := range n {
		dir := filepath.Join(base, strconv.Itoa(i/100))
		if i%100 == 0 {
			if err := os.Mkdir(dir, 0o755); err != nil {
				return err
			}
		}
		text(rng, block)
		if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)), block, 0o644); err != nil {
			return err
		}
	}
	return nil
}
