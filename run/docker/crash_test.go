//go:build linux

package docker_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/docker"
)

// serve is a server that does nothing but start the programs it is told: one
// run.Spec as JSON a line on standard input, "started" or the error as answer.
func serve(args []string) int {
	r, err := docker.New(context.Background(), docker.Config{Dir: args[0], Init: []string{args[1]}, Spares: 1})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for in := json.NewDecoder(os.Stdin); ; {
		var s run.Spec
		if in.Decode(&s) != nil {
			return 0
		}
		if _, err := r.Start(context.Background(), s); err != nil {
			fmt.Println(err)
		} else {
			fmt.Println("started")
		}
	}
}

// server is such a process.
type server struct {
	cmd *exec.Cmd
	in  *json.Encoder
	out *bufio.Scanner
}

func newServer(t *testing.T, dir string) *server {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "serve", dir, engine(t).init)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &server{cmd, json.NewEncoder(in), bufio.NewScanner(out)}
}

func (s *server) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

func (s *server) started(t *testing.T) {
	t.Helper()
	if !s.out.Scan() || s.out.Text() != "started" {
		t.Fatalf("server: %q", s.out.Text())
	}
}

// TestServerKilled: the program goes on when its server is killed, its lines and
// its end are there for the next server, and its wall time holds meanwhile.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRunner(t, dir)
	ends := script(t, "ends", "echo one; sleep 0.5; echo two; echo three >&2; exit 9")
	stays := script(t, "stays", "trap 'echo term' TERM; while :; do sleep 0.01; done")
	stays.Limits = run.Limits{Wall: 500 * time.Millisecond, Grace: 300 * time.Millisecond}
	a := newServer(t, dir)
	for _, s := range []run.Spec{ends, stays} {
		a.in.Encode(s)
		a.started(t)
	}
	await(t, "a line", func() bool { return len(messages(t, ends)) > 0 })
	a.kill()
	// Nobody asks for anything until both have ended.
	await(t, "both ends", func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "*", "run", "exit.json"))
		return len(found) == 2
	})
	p := start(t, r, ends) // as a server does that died before saving the handle
	p, err := r.Attach(t.Context(), p.Handle())
	if err != nil {
		t.Fatal(err)
	}
	if e := wait(t, p); e.Code != 9 || e.OK() {
		t.Errorf("%+v", e)
	}
	if got := messages(t, ends); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("log %q", got)
	}
	if p, err = r.Attach(t.Context(), r.HandleOf("stays")); err != nil {
		t.Fatal(err)
	}
	e := wait(t, p)
	if took := e.EndedAt.Sub(e.StartedAt); !e.TimedOut || e.Signal != "SIGKILL" || took < 700*time.Millisecond || took > 20*time.Second {
		t.Errorf("%+v after %v", e, took)
	}
	if got := terms(messages(t, stays)); got != 1 {
		t.Errorf("%d SIGTERM", got)
	}
}

// TestStopOutlivesServer: StopTrainingJob-1, the grace is held without a server.
func TestStopOutlivesServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRunner(t, dir)
	s := script(t, "x", "trap 'echo term' TERM; echo up; while :; do sleep 0.01; done")
	p := start(t, r, s)
	await(t, "up", func() bool { return len(messages(t, s)) == 1 })
	if err := p.Stop(t.Context(), 500*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(t.Context(), time.Hour); err != nil { // may only shorten
		t.Fatal(err)
	}
	r.Close() // as little of a server as we can be
	await(t, "the end", func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "*", "run", "exit.json"))
		return len(found) == 1
	})
	if e := wait(t, p); e.Signal != "SIGKILL" || e.TimedOut {
		t.Errorf("%+v", e)
	}
	if got := terms(messages(t, s)); got != 1 {
		t.Errorf("%d SIGTERM", got)
	}
}

// terms counts the lines "term"; the shell adds some of its own when its sleep
// gets the signal too.
func terms(lines []string) (n int) {
	for _, l := range lines {
		if l == "term" {
			n++
		}
	}
	return n
}

// TestServerKilledAtRandom: however soon after the request the server is killed,
// starting again runs the program exactly once.
func TestServerKilledAtRandom(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRunner(t, dir)
	for i := range 12 {
		s := script(t, fmt.Sprint(i), "echo ran; exit 3")
		a := newServer(t, dir)
		a.in.Encode(s)
		time.Sleep(time.Duration(rand.IntN(500)) * time.Millisecond) // the moment is the test's random input
		a.kill()
		p := start(t, r, s)
		if e := wait(t, p); e.Code != 3 {
			t.Fatalf("%+v", e)
		}
		if got := messages(t, s); !slices.Equal(got, []string{"ran"}) {
			t.Fatalf("log %q", got)
		}
		if err := r.Remove(t.Context(), p.Handle()); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", "spec.json")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestServersRace: two servers that start the same program run it once.
func TestServersRace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRunner(t, dir)
	a, b := newServer(t, dir), newServer(t, dir)
	defer a.kill()
	defer b.kill()
	for i := range 4 {
		s := script(t, fmt.Sprint(i), "echo ran")
		a.in.Encode(s)
		b.in.Encode(s)
		a.started(t)
		b.started(t)
		if e := wait(t, start(t, r, s)); !e.OK() {
			t.Fatalf("%+v", e)
		}
		if got := messages(t, s); !slices.Equal(got, []string{"ran"}) {
			t.Fatalf("log %q", got)
		}
	}
}
