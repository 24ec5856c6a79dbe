//go:build linux

package process_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagebrush/sagebrush/internal/statedir"
	"github.com/sagebrush/sagebrush/run"
	"github.com/sagebrush/sagebrush/run/process"
)

// model is a program that serves in a network of its own, with its port and the
// process that supervises it.
func model(tb testing.TB, r run.Runner, words string) (p run.Process, port, supervisor int) {
	tb.Helper()
	return modelOn(tb, r, words, run.Network{ID: "model", Hosts: []string{"algo-1"}})
}

func modelOn(tb testing.TB, r run.Runner, words string, n run.Network) (p run.Process, port, supervisor int) {
	tb.Helper()
	binary, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	dir := tb.TempDir()
	s := run.Spec{
		ID: "model", Hostname: "algo-1", Command: []string{"sh", "-c", "echo $PPID; exec " + binary + " tool " + words},
		Env: map[string]string{"PATH": os.Getenv("PATH")}, OptML: dir, Log: filepath.Join(dir, "log"),
		Network: n,
	}
	if p, err = r.Start(tb.Context(), s); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := r.Remove(context.Background(), p.Handle()); err != nil {
			tb.Error(err)
		}
	})
	for end := time.Now().Add(time.Minute); port == 0; time.Sleep(2 * time.Millisecond) {
		text, _ := os.ReadFile(s.Log)
		for line := range strings.Lines(string(text)) {
			words := strings.Fields(line)
			last := words[len(words)-1]
			if n := len(words); n > 1 && words[n-2] == "port" {
				port, _ = strconv.Atoi(last)
			} else if supervisor == 0 {
				supervisor, _ = strconv.Atoi(last)
			}
		}
		if time.Now().After(end) {
			tb.Fatalf("it does not listen: %s", text)
		}
	}
	return p, port, supervisor
}

func openFiles(t *testing.T, pid int) int {
	t.Helper()
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// TestDialLeaksNothing: the supervisor keeps no copy of a connection, also not of
// one that nobody waits for any more, so that it ends when the server closes it.
func TestDialLeaksNothing(t *testing.T) {
	t.Parallel()
	p, port, supervisor := model(t, newRunner(t, t.TempDir()), "serve 127.0.0.1:0")
	dial := func(ctx context.Context, port int) {
		if conn, err := p.Dial(ctx, port); err == nil {
			conn.Close()
		}
	}
	dial(t.Context(), port) // the runtime opens files of its own
	before := openFiles(t, supervisor)
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*20*time.Microsecond)
			defer cancel()
			dial(ctx, port)
			dial(t.Context(), 1) // refused
		})
	}
	all.Wait()
	await(t, "the files to be closed", func() bool { return openFiles(t, supervisor) <= before })
}

// TestDialServerKilled: a server that comes back reaches a program of the one
// that was killed.
func TestDialServerKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := script(t, "x", "exec "+binary+" tool serve 127.0.0.1:0")
	s.Hostname, s.Network = "algo-1", run.Network{ID: "x", Hosts: []string{"algo-1"}}
	a := newServer(t, dir)
	a.start(t, s)
	a.kill()
	var port int
	await(t, "its port", func() bool {
		got := messages(t, s.Log)
		if len(got) > 0 {
			fmt.Sscanf(got[0], "port %d", &port)
		}
		return port != 0
	})
	r := newRunner(t, dir)
	p, err := r.Attach(t.Context(), r.HandleOf("x"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := p.Dial(t.Context(), port)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, "GET /ping HTTP/1.0\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("%+v, %v", answer, err)
	}
	conn.Close()
	if err := r.Remove(t.Context(), p.Handle()); err != nil {
		t.Fatal(err)
	}
}

// TestDialSupervisorKilled: what is left of the program is ended, as for Attach.
func TestDialSupervisorKilled(t *testing.T) {
	t.Parallel()
	p, port, supervisor := model(t, newRunner(t, t.TempDir()), "serve 127.0.0.1:0")
	if sup, err := os.FindProcess(supervisor); err != nil || sup.Kill() != nil {
		t.Fatal(err)
	}
	if _, err := p.Dial(t.Context(), port); !errors.Is(err, run.ErrLost) && !errors.Is(err, run.ErrEnded) {
		await(t, "its end", func() bool {
			_, err = p.Dial(t.Context(), port)
			return errors.Is(err, run.ErrLost)
		})
	}
}

// TestDialOfOldSupervisor: one that knows nothing of Dial says what to do.
func TestDialOfOldSupervisor(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := process.StateDir(root, "old")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "state.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := statedir.TryLock(filepath.Join(dir, "lock"))
	if err != nil || lock == nil {
		t.Fatal(err)
	}
	defer lock.Close()
	l, err := statedir.Listen(dir, "sock")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func(conn net.Conn) {
				defer conn.Close()
				for in := bufio.NewScanner(conn); in.Scan(); {
					fmt.Fprintln(conn, "unknown request")
				}
			}(conn)
		}
	}()
	r := newRunner(t, root)
	p, err := r.Attach(t.Context(), r.HandleOf("old"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Dial(t.Context(), 8080); err == nil || !strings.Contains(err.Error(), "start it anew") {
		t.Errorf("got %v", err)
	}
}
