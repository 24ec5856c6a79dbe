// Command docker measures the time from run/docker's Start to the first line of
// a container's program in its log, beside `docker run` of the same image to the
// first byte of its output. Both alternate, one at a time, on the engine that
// DOCKER_HOST names; both mount a directory at /opt/ml.
//
// The image needs a shell; .ci/python-image makes the one that is used unless
// another is named.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker"
)

// command prints a line and stays, so that its end is not measured.
var command = []string{"sh", "-c", "echo hello; exec sleep 1000"}

func main() {
	f := harness.AddFlags()
	n := flag.Int("n", 20, "containers of each kind")
	image := flag.String("image", "sagebrush-test/python:3", "an image with a shell that the engine has")
	flag.Parse()
	harness.Main(func(ctx context.Context) error {
		r := harness.NewReport("docker")
		if err := measure(ctx, *n, *image, r); err != nil {
			return err
		}
		return r.Print(os.Stdout, f)
	})
}

// kinds are the networks that are measured.
var kinds = []struct {
	what    string
	network func(i int) run.Network
	options []string // of docker run
}{
	{"the machine's network", func(int) run.Network { return run.Network{} }, []string{"--network", "host"}},
	{"a network of its own, against the engine's default one", func(i int) run.Network {
		return run.Network{ID: fmt.Sprint("bench-", i), Hosts: []string{"algo-1"}, Reach: []string{"127.0.0.1:4600"}}
	}, nil},
}

func measure(ctx context.Context, n int, image string, r *harness.Report) error {
	dir, err := os.MkdirTemp("", "sagebrush-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	runner, err := docker.New(ctx, docker.Config{Dir: filepath.Join(dir, "state"), Init: []string{harness.Binary(), "contain"}})
	if err != nil {
		return err
	}
	defer runner.Close()
	if _, err := runner.Digest(ctx, image); err != nil {
		return fmt.Errorf("%w: run .ci/python-image first", err)
	}
	others := harness.Others()
	r.Note("medians of %d containers, one at a time, both alternating", n)
	for _, k := range kinds {
		var ours, peer []time.Duration
		for i := range n + 2 { // the first two warm up
			a, err := started(ctx, runner, image, filepath.Join(dir, fmt.Sprint(len(k.options), "-", i)), k.network(i))
			if err != nil {
				return err
			}
			b, err := dockerRun(ctx, image, dir, k.options)
			if err != nil {
				return err
			}
			if i >= 2 {
				ours, peer = append(ours, a), append(peer, b)
			}
		}
		row := harness.Row{What: "Start to the first line, " + k.what, Value: ms(harness.Median(ours)), Unit: "ms", Peer: ms(harness.Median(peer))}
		row.Ratio = row.Value / row.Peer
		beyond := harness.Row{What: "beyond docker run", Value: row.Value - row.Peer, Unit: "ms"}
		if len(k.options) > 0 {
			beyond = beyond.AtMost(beyond.Value, 80, " ms")
		}
		r.Rows = append(r.Rows, row, beyond)
	}
	r.Note("other programs, the engine among them, used %.0f %% of the processors meanwhile", 100*others())
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// started is the time until the log has the first line.
func started(ctx context.Context, runner *docker.Runner, image, dir string, network run.Network) (time.Duration, error) {
	s := run.Spec{
		ID: dir, Hostname: "algo-1", Image: image, Command: command, OptML: filepath.Join(dir, "ml"), Log: filepath.Join(dir, "log"),
		Network: network,
	}
	if err := os.MkdirAll(s.OptML, 0o755); err != nil {
		return 0, err
	}
	begun := time.Now()
	p, err := runner.Start(ctx, s)
	if err != nil {
		return 0, err
	}
	var took time.Duration
	for took == 0 {
		events, err := logstream.Read(s.Log, 0, 1, 0)
		switch {
		case err != nil:
			return 0, err
		case len(events) == 1:
			took = time.Since(begun)
		case time.Since(begun) > time.Minute:
			return 0, fmt.Errorf("no line within a minute")
		default:
			time.Sleep(200 * time.Microsecond)
		}
	}
	return took, runner.Remove(ctx, p.Handle())
}

// dockerRun is the time until the docker command passes the first byte on.
func dockerRun(ctx context.Context, image, dir string, options []string) (time.Duration, error) {
	name := fmt.Sprint("sagebrush-bench-", os.Getpid())
	args := append([]string{"run", "--rm", "--name", name, "-v", dir + ":/opt/ml"}, options...)
	cmd := exec.CommandContext(ctx, "docker", append(append(args, image), command...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	_, err = io.ReadFull(out, make([]byte, 1))
	took := time.Since(begun)
	if rm := exec.CommandContext(ctx, "docker", "rm", "-f", name).Run(); err == nil {
		err = rm
	}
	_ = cmd.Wait() // killed
	return took, err
}
