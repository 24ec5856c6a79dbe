// Command launch measures the time from sending CreateTrainingJob to the first
// line of a trivial user program, beyond starting the same program from a shell.
// The program prints the time itself, so what happens after its first line does
// not count. Jobs and shell starts alternate, one at a time. A job of three hosts
// is measured to the first line of its last host.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
)

// program prints nanoseconds since 1970.
const program = "#!/bin/sh\ndate +%s%N\n"

func main() {
	n := flag.Int("n", 30, "jobs")
	harness.Run("launch", func(ctx context.Context, dir string, r *harness.Report) error {
		return run(ctx, dir, *n, r)
	})
}

func run(ctx context.Context, dir string, n int, r *harness.Report) error {
	s, err := harness.Start(ctx, filepath.Join(dir, "data"))
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
	script := filepath.Join(dir, "train")
	if err := os.WriteFile(script, []byte(program), 0o755); err != nil {
		return err
	}
	others := harness.Others(s)
	var job, three, shell, whole []time.Duration
	for i := range n + 2 { // the first two warm up
		d, err := fromShell(script)
		if err != nil {
			return err
		}
		begun := time.Now()
		j, err := asJob(ctx, s, fmt.Sprintf("launch-%d", i), 1)
		if err != nil {
			return err
		}
		ended := time.Since(begun)
		j3, err := asJob(ctx, s, fmt.Sprintf("launch-three-%d", i), 3)
		if err != nil {
			return err
		}
		if i >= 2 {
			job, three, shell, whole = append(job, j), append(three, j3), append(shell, d), append(whole, ended)
		}
	}
	beyond := harness.Milliseconds(harness.Median(job)) - harness.Milliseconds(harness.Median(shell))
	ratio := harness.Milliseconds(harness.Median(three)) / harness.Milliseconds(harness.Median(job))
	r.Note("medians of %d, one job at a time, jobs and shell starts alternating; SQLite, process runner", n)
	r.Rows = append(r.Rows,
		harness.Row{What: "CreateTrainingJob to the program's first line", Value: harness.Milliseconds(harness.Median(job)), Unit: "ms"},
		harness.Row{What: "the same program from a shell", Value: harness.Milliseconds(harness.Median(shell)), Unit: "ms"},
		harness.Row{What: "difference", Value: beyond, Unit: "ms"}.AtMost(beyond, 60, " ms"),
		harness.Row{What: "CreateTrainingJob to the first line of the last of 3 hosts", Value: harness.Milliseconds(harness.Median(three)), Unit: "ms"},
		harness.Row{What: "3 hosts by 1 host", Value: ratio, Unit: "×"}.AtMost(ratio, 2, "×"),
		harness.Row{What: "CreateTrainingJob to Completed, artifact stored", Value: harness.Milliseconds(harness.Median(whole)), Unit: "ms"})
	r.Note("other programs, the jobs among them, used %.0f %% of the processors meanwhile", 100*others())
	return nil
}

// since is the time from begun to what the program printed.
func since(begun time.Time, printed string) (time.Duration, error) {
	ns, err := strconv.ParseInt(strings.TrimSpace(printed), 10, 64)
	return time.Unix(0, ns).Sub(begun), err
}

func fromShell(script string) (time.Duration, error) {
	begun := time.Now()
	out, err := exec.Command("/bin/sh", "-c", script).Output()
	if err != nil {
		return 0, err
	}
	return since(begun, string(out))
}

func asJob(ctx context.Context, s *harness.Server, name string, hosts int32) (last time.Duration, err error) {
	in := harness.JobInput(name, harness.Image)
	in.ResourceConfig.InstanceCount = &hosts
	begun := time.Now()
	if err := s.Call(ctx, "SageMaker.CreateTrainingJob", "sagemaker", in, nil); err != nil {
		return 0, err
	}
	if err := s.WaitFor(ctx, name, "Completed"); err != nil {
		return 0, err
	}
	const group = "/aws/sagemaker/TrainingJobs"
	var streams struct {
		LogStreams []struct{ LogStreamName string }
	}
	if err := s.Call(ctx, "Logs_20140328.DescribeLogStreams", "logs", map[string]string{"logGroupName": group, "logStreamNamePrefix": name + "/"}, &streams); err != nil {
		return 0, err
	}
	if len(streams.LogStreams) != int(hosts) {
		return 0, fmt.Errorf("job %s has %d log streams", name, len(streams.LogStreams))
	}
	for _, stream := range streams.LogStreams {
		var events struct{ Events []struct{ Message string } }
		if err := s.Call(ctx, "Logs_20140328.GetLogEvents", "logs", map[string]any{
			"logGroupName": group, "logStreamName": stream.LogStreamName, "startFromHead": true}, &events); err != nil {
			return 0, err
		}
		if len(events.Events) == 0 {
			return 0, fmt.Errorf("job %s printed nothing", name)
		}
		first, err := since(begun, events.Events[0].Message)
		if err != nil {
			return 0, err
		}
		last = max(last, first)
	}
	return last, nil
}
