// Command logs measures whether taking a program's output slows it down: a
// training job whose program prints 50 MB/s, beside a job whose program prints
// the same into `| cat > file`, in turns. The program times itself, so starting
// and ending a job do not count, and both live under the same limits.
//
// The program is this one, called with the word "print". Between two lines it
// works as long as a line would take at 50 MB/s; the time that printing takes
// comes on top of that, on either side.
package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// printing is one way in which programs print.
type printing struct {
	what string
	// Line is the length of a line with its end, Buffer how much is written at
	// once (0: line by line), Rate bytes a second (0: as fast as it can).
	line, buffer, rate int
	target             float64
}

const rate = 50e6

var ways = [...]printing{
	{"100-byte lines at 50 MB/s, buffered as by Python and C", 100, 8 << 10, rate, 0.9},
	{"100-byte lines at 50 MB/s, written one by one", 100, 0, rate, 0.9},
	{"100 kB lines at 50 MB/s", 100_000, 8 << 10, rate, 0.9},
	{"100-byte lines as fast as it can, buffered", 100, 8 << 10, 0, 0},
	{"100-byte lines as fast as it can, one by one", 100, 0, 0, 0},
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "print" {
		if err := print(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	size := flag.Int("size", 150, "what is printed, in MB")
	rounds := flag.Int("rounds", 5, "rounds of both")
	harness.Run("logs", func(ctx context.Context, dir string, r *harness.Report) error {
		return run(ctx, dir, *size*1_000_000, *rounds, r)
	})
}

// print prints size bytes and notes in a file how many nanoseconds that took.
func print(args []string) error {
	var n [4]int
	for i := range n {
		var err error
		if n[i], err = strconv.Atoi(args[i]); err != nil {
			return err
		}
	}
	size, line, buffer, rate := n[0], n[1], n[2], n[3]
	var out io.Writer = os.Stdout
	if buffer > 0 {
		b := bufio.NewWriterSize(os.Stdout, buffer)
		defer b.Flush()
		out = b
	}
	text := append(bytes.Repeat([]byte("loss=0.125 "), line/11+1)[:line-1], '\n')
	var work time.Duration
	if rate > 0 {
		work = time.Duration(float64(line) / float64(rate) * 1e9)
	}
	begun := time.Now()
	for range size / line {
		if _, err := out.Write(text); err != nil {
			return err
		}
		for from := time.Now(); work > 0 && time.Since(from) < work; {
		}
	}
	return os.WriteFile(args[4], []byte(strconv.FormatInt(int64(time.Since(begun)), 10)), 0o644)
}

func run(ctx context.Context, dir string, size, rounds int, r *harness.Report) error {
	s, err := harness.Start(ctx, filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer func() { _ = s.Stop() }()
	if err := s.MakeBucket(ctx, harness.Bucket); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	others := harness.Others(s)
	r.Note("%d MB printed each time, %d rounds of both in turns; medians; the peer is a job that prints into `| cat > file`", size/1_000_000, rounds)
	for i, w := range ways {
		took := filepath.Join(dir, "took")
		command := fmt.Sprintf("%s print %d %d %d %d %s", self, size, w.line, w.buffer, w.rate, took)
		images := map[string]string{"log": "exec " + command, "pipe": command + " | cat >" + filepath.Join(dir, "piped")}
		for name, train := range images {
			images[name] = strings.Replace(harness.Image, "/bench:", fmt.Sprintf("/%s-%d:", name, i), 1)
			if err := s.AddImage(images[name], "#!/bin/sh\n"+train+"\n"); err != nil {
				return err
			}
		}
		var ours, peer []float64
		for round := range rounds {
			for _, side := range []struct {
				name  string
				rates *[]float64
			}{{"log", &ours}, {"pipe", &peer}} {
				if err := asJob(ctx, s, fmt.Sprintf("%s-%d-%d", side.name, i, round), images[side.name]); err != nil {
					return err
				}
				rate, err := noted(size, took)
				if err != nil {
					return err
				}
				*side.rates = append(*side.rates, rate)
			}
		}
		row := harness.Row{What: w.what, Value: harness.Median(ours), Unit: "MB/s", Peer: harness.Median(peer)}
		if row.Ratio = row.Value / row.Peer; w.target > 0 {
			row = row.AtLeast(row.Ratio, w.target, "×")
		}
		r.Rows = append(r.Rows, row)
	}
	r.Note("other programs, the jobs and pipes among them, used %.0f %% of the processors meanwhile", 100*others())
	return nil
}

// noted is the rate, in MB/s, that the program has noted.
func noted(size int, took string) (float64, error) {
	text, err := os.ReadFile(took)
	if err != nil {
		return 0, err
	}
	ns, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return 0, err
	}
	return float64(size) / 1e6 / (float64(ns) / 1e9), os.Remove(took)
}

func asJob(ctx context.Context, s *harness.Server, name, image string) error {
	if err := s.Call(ctx, "SageMaker.CreateTrainingJob", "sagemaker", harness.JobInput(name, image), nil); err != nil {
		return err
	}
	return s.WaitFor(ctx, name, "Completed")
}
