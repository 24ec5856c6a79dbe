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
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/sagebrush/sagebrush/bench/internal/harness"
	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker"
)

// command prints a line and stays, so that its end is not measured.
var command = []string{"sh", "-c", "echo hello; exec sleep 1000"}

func main() {
	n := flag.Int("n", 20, "containers of each kind")
	image := flag.String("image", "sagebrush-test/python:3", "an image with a shell that the engine has")
	harness.Run("docker", func(ctx context.Context, dir string, r *harness.Report) error {
		return measure(ctx, dir, *n, *image, r)
	})
}

// kind is a network that is measured.
type kind struct {
	what    string
	network func(i int) run.Network
	options []string // of docker run
	spares  int      // networks that the runner keeps ready
}

var kinds = []kind{
	{"the machine's network", func(int) run.Network { return run.Network{} }, []string{"--network", "host"}, 0},
	{"a network of its own, made for it, against the engine's default one", own(false), nil, 0},
	{"a spare network, against the engine's default one", own(false), nil, 1},
	{"a spare isolated network, against the engine's default one", own(true), nil, 1},
}

// own are networks of jobs with one host.
func own(isolated bool) func(i int) run.Network {
	return func(i int) run.Network {
		return run.Network{ID: fmt.Sprint("bench-", i), Hosts: []string{"algo-1"}, Isolated: isolated, Reach: []string{"127.0.0.1:4600"}}
	}
}

func measure(ctx context.Context, dir string, n int, image string, r *harness.Report) error {
	others := harness.Others()
	r.Note("medians of %d containers, one at a time, both alternating; spare networks are made in between, while nothing is measured", n)
	for number, k := range kinds {
		if err := k.measure(ctx, n, image, filepath.Join(dir, fmt.Sprint(number)), r); err != nil {
			return err
		}
	}
	r.Note("other programs, the engine among them, used %.0f %% of the processors meanwhile", 100*others())
	return nil
}

// measure measures a kind, with everything beneath dir.
func (k kind) measure(ctx context.Context, n int, image, dir string, r *harness.Report) (err error) {
	config := docker.Config{Dir: filepath.Join(dir, "state"), Init: []string{harness.Binary(), "contain"}, Spares: k.spares}
	runner, err := docker.New(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, runner.Close()) }()
	if _, err := runner.Digest(ctx, image); err != nil {
		return fmt.Errorf("%w: run .ci/python-image first", err)
	}
	var ours, peer []time.Duration
	for i := range n + 2 { // the first two warm up
		a, err := started(ctx, runner, image, filepath.Join(dir, fmt.Sprint(i)), k.network(i))
		if err != nil {
			return err
		}
		if err := ready(ctx, k.spares); err != nil {
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
	row := harness.Row{What: "Start to the first line, " + k.what, Value: harness.Milliseconds(harness.Median(ours)), Unit: "ms", Peer: harness.Milliseconds(harness.Median(peer))}
	row.Ratio = row.Value / row.Peer
	beyond := harness.Row{What: "beyond docker run", Value: row.Value - row.Peer, Unit: "ms"}
	if len(k.options) > 0 || k.spares > 0 {
		beyond = beyond.AtMost(beyond.Value, 80, " ms")
	}
	r.Rows = append(r.Rows, row, beyond)
	return nil
}

// ready waits until there are so many spare networks, so that none is made during
// what is measured next.
func ready(ctx context.Context, spares int) error {
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		out, err := exec.CommandContext(ctx, "docker", "network", "ls", "-q", "--filter", "name=-spare-").Output()
		if err != nil || len(strings.Fields(string(out))) >= spares {
			return err
		}
		if time.Since(begun) > time.Minute {
			return fmt.Errorf("no spare network within a minute")
		}
	}
}

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
