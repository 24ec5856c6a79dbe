// Command many measures 200 jobs that do nothing, 10 of them at a time, from the
// first CreateTrainingJob to the last Completed, each with its artifact stored.
// Beside it, in the same run: as many starts of the same program from a shell, 10
// at a time; `docker run` in a loop, where an engine and an image are there; and
// one job of the SageMaker SDK's local mode beside one of ours, where a Python has
// the SDK.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

const program = "#!/bin/sh\nexit 0\n"

func main() {
	n := flag.Int("n", 200, "jobs")
	var p peers
	flag.StringVar(&p.image, "docker-image", "", "image with an executable `train` that does nothing; no container is run without")
	flag.StringVar(&p.python, "sdk-python", "", "Python with the SageMaker SDK 2, for its local mode; none without")
	harness.Run("many", func(ctx context.Context, dir string, r *harness.Report) error {
		return run(ctx, dir, *n, p, r)
	})
}

// peers are what else is there to be measured.
type peers struct{ image, python string }

func run(ctx context.Context, dir string, n int, p peers, r *harness.Report) error {
	s, err := harness.Start(ctx, filepath.Join(dir, "data"), "--max-jobs", "10")
	if err != nil {
		return err
	}
	defer func() { _ = s.Stop() }()
	if err := s.AddImage(harness.Image, program); err != nil {
		return err
	}
	if err := s.MakeBucket(ctx, harness.Bucket); err != nil {
		return err
	}
	others := harness.Others(s)
	begun := time.Now()
	for i := range n {
		if err := s.Call(ctx, "SageMaker.CreateTrainingJob", "sagemaker", harness.JobInput(harness.JobName(i), harness.Image), nil); err != nil {
			return err
		}
	}
	for i := range n {
		if err := s.WaitFor(ctx, harness.JobName(i), "Completed"); err != nil {
			return err
		}
	}
	took := time.Since(begun).Seconds()
	r.Note("%d jobs of a program that exits at once, --max-jobs 10; SQLite, process runner", n)
	r.Rows = append(r.Rows, harness.Row{What: fmt.Sprintf("%d jobs, Create to Completed", n), Value: took, Unit: "s"}.AtMost(took, 20, " s"))

	script := filepath.Join(dir, "train")
	if err := os.WriteFile(script, []byte(program), 0o755); err != nil {
		return err
	}
	begun = time.Now()
	if out, err := exec.CommandContext(ctx, "sh", "-c", fmt.Sprintf("seq %d | xargs -P 10 -n 1 %s", n, script)).CombinedOutput(); err != nil {
		return fmt.Errorf("xargs: %w: %s", err, out)
	}
	r.Rows = append(r.Rows, harness.Row{What: "the same programs from a shell, 10 at a time", Value: time.Since(begun).Seconds(), Unit: "s"})
	if err := p.containers(ctx, n, took, r); err != nil {
		return err
	}
	if err := p.localMode(ctx, s, r); err != nil {
		return err
	}
	r.Note("other programs, the jobs among them, used %.0f %% of the processors meanwhile", 100*others())
	return nil
}

// containers measures `docker run` in a loop.
func (p peers) containers(ctx context.Context, n int, took float64, r *harness.Report) error {
	if p.image == "" {
		r.Note("docker run was not measured: give -docker-image")
		return nil
	}
	const few = 10
	begun := time.Now()
	for range few {
		if out, err := exec.CommandContext(ctx, "docker", "run", "--rm", p.image, "train").CombinedOutput(); err != nil {
			return fmt.Errorf("docker run: %w: %s", err, out)
		}
	}
	loop := time.Since(begun).Seconds() * float64(n) / few
	r.Rows = append(r.Rows, harness.Row{What: fmt.Sprintf("docker run in a loop, %d of them, by %d", n, few), Value: loop, Unit: "s", Ratio: loop / took})
	return nil
}

// localMode measures one job after the other: of ours, and of the SDK's local mode.
func (p peers) localMode(ctx context.Context, s *harness.Server, r *harness.Report) error {
	var single []time.Duration
	for i := range 10 {
		name := fmt.Sprintf("single-%d", i)
		begun := time.Now()
		if err := s.Call(ctx, "SageMaker.CreateTrainingJob", "sagemaker", harness.JobInput(name, harness.Image), nil); err != nil {
			return err
		}
		if err := s.WaitFor(ctx, name, "Completed"); err != nil {
			return err
		}
		single = append(single, time.Since(begun))
	}
	row := harness.Row{What: "one job, Create to Completed, beside fit() of the SDK's local mode", Value: harness.Median(single).Seconds(), Unit: "s"}
	if p.python == "" || p.image == "" {
		r.Note("the SDK's local mode was not measured: give -sdk-python and -docker-image")
	} else {
		cmd := exec.CommandContext(ctx, p.python, "bench/many/local_mode.py", p.image)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("local mode: %w", err)
		}
		lines := strings.Fields(string(out)) // the SDK greets on standard output
		if len(lines) == 0 {
			return errors.New("local mode printed nothing")
		}
		if _, err := fmt.Sscan(lines[len(lines)-1], &row.Peer); err != nil {
			return fmt.Errorf("local mode printed %q: %w", out, err)
		}
		row.Ratio = row.Peer / row.Value
	}
	r.Rows = append(r.Rows, row)
	return nil
}
