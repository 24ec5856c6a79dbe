// Command data measures how a channel's data reaches a program: File mode beside
// `cp -r` of an ordinary directory with the same files, Pipe and FastFile mode
// beside `cat` of the plain file, in turns in the same run.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/dir"
	"github.com/sagebrush/sagebrush/channel"
	"github.com/sagebrush/sagebrush/channel/feed"
	"github.com/sagebrush/sagebrush/store"
)

const account = "123456789012"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "feed" {
		os.Exit(feed.Main(os.Args[2:]))
	}
	large := flag.Int("large", 200, "large files")
	mib := flag.Int("size", 2048, "size of all large files together, and of the streamed file, in MiB")
	small := flag.Int("small", 10_000, "files of 10 KiB")
	rounds := flag.Int("rounds", 5, "rounds")
	harness.Run("data", func(ctx context.Context, dir string, r *harness.Report) error {
		return run(ctx, dir, *large, *mib<<20, *small, *rounds, r)
	})
}

// place is an object store, a manager, and a directory for ordinary files.
type place struct {
	home    string
	objects *dir.Store
	manager *channel.Manager
	rounds  int
	staged  int // how often
}

func run(ctx context.Context, home string, large, size, small, rounds int, r *harness.Report) (err error) {
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(home, "db"), store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p := &place{home: home, rounds: rounds}
	if p.objects, err = dir.New(db, filepath.Join(home, "objects"), slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.objects.Close()) }()
	if err := p.objects.CreateBucket(ctx, blob.Bucket{Name: "b", Account: account}); err != nil {
		return err
	}
	p.manager, err = channel.New(channel.Config{Objects: p.objects, Dir: filepath.Join(home, "feed"), Self: []string{"/proc/self/exe", "feed"}})
	if err != nil {
		return err
	}
	others := harness.Others()
	r.Note("the fastest of %d rounds in turns, because other work on the machine only slows down; everything is in the page cache; no fsync on either side", rounds)
	if err := p.copies(ctx, "large", fmt.Sprintf("File mode, %d files, %d MiB", large, size>>20), large, size/large, r); err != nil {
		return err
	}
	if err := p.copies(ctx, "small", fmt.Sprintf("File mode, %d files of 10 KiB", small), small, 10<<10, r); err != nil {
		return err
	}
	if err := p.streams(ctx, size, r); err != nil {
		return err
	}
	r.Note("other programs, feeders among them, used %.0f %% of the processors meanwhile", 100*others())
	return nil
}

// fill writes files and the same objects.
func (p *place) fill(ctx context.Context, name string, n, size int) error {
	if err := os.Mkdir(filepath.Join(p.home, name), 0o755); err != nil {
		return err
	}
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(i * 7)
	}
	for i := range n {
		key := fmt.Sprintf("%s/%05d", name, i)
		binary.LittleEndian.PutUint64(content, uint64(i))
		if err := os.WriteFile(filepath.Join(p.home, key), content, 0o644); err != nil {
			return err
		}
		if _, err := p.objects.Put(ctx, "b", key, bytes.NewReader(content), blob.PutOptions{Size: int64(size)}); err != nil {
			return err
		}
	}
	return nil
}

// copies measures File mode.
func (p *place) copies(ctx context.Context, name, what string, n, size int, r *harness.Report) error {
	if err := p.fill(ctx, name, n, size); err != nil {
		return err
	}
	// Copies stay until the end: ext4 looks longer for a place for new files soon
	// after many were deleted, and that would be measured.
	defer func() {
		old, _ := filepath.Glob(filepath.Join(p.home, "[cm]*")) // the pattern is well formed
		for _, dir := range append(old, filepath.Join(p.home, name)) {
			os.RemoveAll(dir)
		}
	}()
	var ours, peer []float64
	for i := range p.rounds {
		copied := filepath.Join(p.home, fmt.Sprint("copy", i))
		seconds, err := timed(func() error { return command(ctx, "cp", "-r", filepath.Join(p.home, name), copied) })
		if err != nil {
			return err
		}
		peer = append(peer, float64(n*size)/1e6/seconds)
		if seconds, err = timed(func() error { return p.stage(ctx, channel.File, name) }); err != nil {
			return err
		}
		ours = append(ours, float64(n*size)/1e6/seconds)
	}
	row := harness.Row{What: what, Value: slices.Max(ours), Unit: "MB/s", Peer: slices.Max(peer)}
	row.Ratio = row.Value / row.Peer
	r.Rows = append(r.Rows, row.AtLeast(row.Ratio, 0.8, "×"))
	return nil
}

// streams measures Pipe and FastFile mode on one file.
func (p *place) streams(ctx context.Context, size int, r *harness.Report) error {
	if err := p.fill(ctx, "one", 1, size); err != nil {
		return err
	}
	plain := filepath.Join(p.home, "one", "00000")
	rates := map[string][]float64{}
	measure := func(what, file string) error {
		seconds, err := timed(func() error { return command(ctx, "cat", file) })
		rates[what] = append(rates[what], float64(size)/1e6/seconds)
		return err
	}
	for range p.rounds {
		if err := measure("cat", plain); err != nil {
			return err
		}
		for mode, file := range map[string]string{channel.Pipe: "train_0", channel.FastFile: "train/00000"} {
			seconds, err := timed(func() error { return p.stage(ctx, mode, "one/") })
			if err != nil {
				return err
			}
			rates["start "+mode] = append(rates["start "+mode], 1000*seconds)
			if err := measure(mode, filepath.Join(p.ml(), "input", "data", file)); err != nil {
				return err
			}
			if err := errors.Join(p.manager.Release(ctx, "job"), os.RemoveAll(p.ml())); err != nil {
				return err
			}
		}
	}
	peer := slices.Max(rates["cat"])
	for _, mode := range []string{channel.Pipe, channel.FastFile} {
		row := harness.Row{What: fmt.Sprintf("%s mode, one file of %d MiB read by cat", mode, size>>20), Value: slices.Max(rates[mode]), Unit: "MB/s", Peer: peer}
		row.Ratio = row.Value / row.Peer
		r.Rows = append(r.Rows, row.AtLeast(row.Ratio, 0.7, "×"),
			harness.Row{What: "until the program may start, " + mode, Value: slices.Min(rates["start "+mode]), Unit: "ms"})
	}
	return nil
}

// ml is the directory of the last stage.
func (p *place) ml() string { return filepath.Join(p.home, fmt.Sprint("ml", p.staged)) }

func (p *place) stage(ctx context.Context, mode, prefix string) error {
	p.staged++
	return p.manager.Stage(ctx, channel.Request{
		ID: "job", Account: account, Hosts: []channel.Host{{Name: "algo-1", Dir: p.ml()}},
		Channels: []channel.Channel{{Name: "train", Mode: mode, Type: channel.S3Prefix, URI: "s3://b/" + prefix}},
	})
}

// timed runs do when nothing is left to be written from before.
func timed(do func() error) (seconds float64, err error) {
	unix.Sync()
	begun := time.Now()
	err = do()
	return time.Since(begun).Seconds(), err
}

// command runs a program whose output is not wanted.
func command(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}
