// Command many measures 200 jobs that do nothing, 10 of them at a time, from the
// first CreateTrainingJob to the last Completed, each with its artifact stored.
// Beside it, in the same run: as many starts of the same program from a shell, 10
// at a time, and `docker run` in a loop, where an engine and an image are there.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

const program = "#!/bin/sh\nexit 0\n"

func main() {
	f := harness.AddFlags()
	n := flag.Int("n", 200, "jobs")
	image := flag.String("docker-image", "", "image with /bin/true, to run `docker run` beside; none without")
	flag.Parse()
	harness.Main(func(ctx context.Context) error {
		r := harness.NewReport("many")
		if err := run(ctx, *n, *image, r); err != nil {
			return err
		}
		return r.Print(os.Stdout, f)
	})
}

func run(ctx context.Context, n int, image string, r *harness.Report) error {
	dir, err := os.MkdirTemp("", "sagebrush-bench-")
	if err != nil {
		return err
	}
	defer harness.RemoveAll(dir)
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
	if image != "" {
		const few = 10
		begun = time.Now()
		for range few {
			if out, err := exec.CommandContext(ctx, "docker", "run", "--rm", image, "/bin/true").CombinedOutput(); err != nil {
				return fmt.Errorf("docker run: %w: %s", err, out)
			}
		}
		loop := time.Since(begun).Seconds() * float64(n) / few
		r.Rows = append(r.Rows, harness.Row{What: fmt.Sprintf("docker run in a loop, %d of them, by %d", n, few), Value: loop, Unit: "s", Ratio: loop / took})
	} else {
		r.Note("docker run was not measured: give -docker-image")
	}
	r.Note("other programs, the jobs among them, used %.0f %% of the processors meanwhile", 100*others())
	return nil
}
