//go:build linux

package process_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/logstream"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/process"
)

// serve is a server that does nothing but start the programs it is told: one
// run.Spec as JSON a line on standard input, "started" or the error as answer.
func serve(args []string) int {
	r, err := process.New(args[0], self, nil)
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
	cmd := exec.Command("/proc/self/exe", "serve", dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &server{cmd, json.NewEncoder(in), bufio.NewScanner(out)}
}

func (s *server) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

func (s *server) start(t *testing.T, spec run.Spec) {
	t.Helper()
	s.in.Encode(spec)
	if !s.out.Scan() || s.out.Text() != "started" {
		t.Fatalf("server: %s", s.out.Text())
	}
}

func script(t *testing.T, id, text string) run.Spec {
	dir := t.TempDir()
	return run.Spec{
		ID: id, Command: []string{"sh", "-c", text}, Env: map[string]string{"PATH": os.Getenv("PATH")},
		OptML: dir, Log: filepath.Join(dir, "log"),
	}
}

func messages(t *testing.T, path string) []string {
	t.Helper()
	events, err := logstream.Read(path, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range events {
		out = append(out, e.Message)
	}
	return out
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}

func newRunner(t *testing.T, dir string) run.Runner {
	t.Helper()
	r, err := process.New(dir, self, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestServerKilled: the program goes on when its server is killed, and the next
// server sees its lines and its end.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := script(t, "x", "echo one; sleep 0.3; echo two; echo three >&2; exit 9")
	a := newServer(t, dir)
	a.start(t, s)
	await(t, "a line", func() bool { return len(messages(t, s.Log)) == 1 })
	a.kill()
	r := newRunner(t, dir)
	p, err := r.Start(t.Context(), s) // as a server does that died before saving the handle
	if err != nil {
		t.Fatal(err)
	}
	if p, err = r.Attach(t.Context(), p.Handle()); err != nil {
		t.Fatal(err)
	}
	e, err := p.Wait(t.Context())
	if err != nil || e.Code != 9 {
		t.Fatalf("%+v, %v", e, err)
	}
	if got := messages(t, s.Log); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Fatalf("log %q", got)
	}
}

// TestServerKilledAtRandom: however soon after the request the server is killed,
// starting again runs the program exactly once.
func TestServerKilledAtRandom(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 25 {
		s := script(t, fmt.Sprint(i), "echo ran; sleep 0.02; exit 3")
		a := newServer(t, dir)
		a.in.Encode(s)
		time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond) // the moment is the test's random input
		a.kill()
		r := newRunner(t, dir)
		p, err := r.Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if e, err := p.Wait(t.Context()); err != nil || e.Code != 3 {
			t.Fatalf("%+v, %v", e, err)
		}
		if got := messages(t, s.Log); !slices.Equal(got, []string{"ran"}) {
			t.Fatalf("log %q", got)
		}
		if err := r.Remove(t.Context(), p.Handle()); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestServersRace: two servers that start the same program run it once.
func TestServersRace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := newServer(t, dir), newServer(t, dir)
	defer a.kill()
	defer b.kill()
	for i := range 10 {
		s := script(t, fmt.Sprint(i), "echo ran")
		a.in.Encode(s)
		b.in.Encode(s)
		for _, srv := range []*server{a, b} {
			if !srv.out.Scan() || srv.out.Text() != "started" {
				t.Fatal(srv.out.Text())
			}
		}
		p, err := newRunner(t, dir).Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if e, err := p.Wait(t.Context()); err != nil || !e.OK() {
			t.Fatalf("%+v, %v", e, err)
		}
		if got := messages(t, s.Log); !slices.Equal(got, []string{"ran"}) {
			t.Fatalf("log %q", got)
		}
	}
}

// TestSupervisorKilled: the program's end is unknown then, and nothing of it is
// left, also what took its own session and forgot its environment.
func TestSupervisorKilled(t *testing.T) {
	t.Parallel()
	for name, find := range map[string]func(r run.Runner, p run.Process) error{
		"wait": func(_ run.Runner, p run.Process) error { _, err := p.Wait(context.Background()); return err },
		"attach": func(r run.Runner, p run.Process) error {
			// A killed process may hold its files for a moment longer.
			for {
				again, err := r.Attach(context.Background(), p.Handle())
				if err != nil {
					return err
				}
				if _, err := again.Wait(context.Background()); !errors.Is(err, run.ErrLost) {
					return err
				}
			}
		},
		"start again": func(r run.Runner, _ run.Process) error {
			p, err := r.Start(context.Background(), run.Spec{ID: "x", Command: []string{"true"}, OptML: "/", Log: "/dev/null"})
			if err != nil {
				return err
			}
			_, err = p.Wait(context.Background())
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRunner(t, t.TempDir())
			s := script(t, "x", `echo $PPID $$; setsid sh -c 'trap "" TERM HUP; echo $$; env -i sleep 1000 & echo $!; wait' & sleep 1000`)
			p, err := r.Start(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			await(t, "three lines", func() bool { return len(messages(t, s.Log)) == 3 })
			pids := strings.Fields(strings.Join(messages(t, s.Log), " "))
			for i, f := range pids {
				pid, _ := strconv.Atoi(f)
				if i == 0 {
					syscall.Kill(pid, syscall.SIGKILL)
					await(t, "the supervisor's end", func() bool { return dead(pid) })
				}
			}
			if err := find(r, p); !errors.Is(err, run.ErrLost) {
				t.Fatalf("got %v", err)
			}
			for _, f := range pids[1:] {
				pid, _ := strconv.Atoi(f)
				await(t, "the end of process "+f, func() bool { return dead(pid) })
			}
			if err := r.Remove(t.Context(), p.Handle()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func dead(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	return strings.HasPrefix(string(stat[strings.LastIndexByte(string(stat), ')'):]), ") Z")
}

// TestFullLog: a program whose log cannot be opened is not started.
func TestLogCannotBeOpened(t *testing.T) {
	t.Parallel()
	s := script(t, "x", "echo hello")
	s.Log = "/proc/none/log"
	p, err := newRunner(t, t.TempDir()).Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := p.Wait(t.Context()); err != nil || !strings.Contains(e.Reason, "/proc/none") {
		t.Fatalf("%+v, %v", e, err)
	}
}

// TestDeepStateDirectory: a unix socket's path is short, a data directory's need
// not be.
func TestDeepStateDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("deep/", 40))
	r := newRunner(t, dir)
	p, err := r.Start(t.Context(), script(t, "x", "exec sleep 1000"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if e, err := p.Wait(t.Context()); err != nil || e.Signal != "SIGTERM" {
		t.Fatalf("%+v, %v", e, err)
	}
}
